"""`--show-completion SHELL`: prints what makes a shell complete the commands and options of audit-export.

typer does this for the other programs; argparse, which this program uses (docs/decisions/0040), does not.
"""

import argparse
from collections.abc import Mapping, Sequence
from typing import Any

from export.verify.program import show

SHELLS = ("bash", "fish", "zsh")

# Words that do not begin with a dash are files, which the shell completes by itself (`-o default`).
_BASH = """\
_audit_export() {{
  local word=${{COMP_WORDS[COMP_CWORD]}} words
  case $COMP_CWORD:${{COMP_WORDS[1]}} in
    1:*) words="{commands}" ;;
{cases}
    *) words= ;;
  esac
  COMPREPLY=()
  if [[ $COMP_CWORD == 1 || $word == -* ]]; then
    COMPREPLY=($(compgen -W "$words" -- "$word"))
  fi
}}
complete -o default -F _audit_export audit-export
"""
_ZSH = "autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n"


class ShowCompletion(argparse.Action):
    """The option: prints the script for a shell, and exits 0."""

    def __call__(
        self, parser: argparse.ArgumentParser, _: argparse.Namespace, values: Any, _option: str | None = None
    ) -> None:
        """`values` is one of SHELLS."""
        show(script(parser, values))
        parser.exit()


def script(parser: argparse.ArgumentParser, shell: str) -> str:
    """The script of one of SHELLS for a parser that has subparsers."""
    options = _options(parser)
    commands = {
        name: (help_text, _options(below))
        for action in _actions(parser)
        if isinstance(action, argparse._SubParsersAction)  # noqa: SLF001 argparse gives it no other name
        for name, below, help_text in _commands(action)
    }
    if shell == "fish":
        return _fish(options, commands)
    cases = [f'    *:{name}) words="{" ".join(below)}" ;;' for name, (_, below) in commands.items()]
    bash = _BASH.format(commands=" ".join([*commands, *options]), cases="\n".join(cases))
    return _ZSH + bash if shell == "zsh" else bash


def _actions(parser: argparse.ArgumentParser) -> Sequence[argparse.Action]:
    return parser._actions  # noqa: SLF001 argparse has no other list of them


def _options(parser: argparse.ArgumentParser) -> dict[str, argparse.Action]:
    return {name: action for action in _actions(parser) for name in action.option_strings}


def _commands(subparsers: Any) -> list[tuple[str, argparse.ArgumentParser, str]]:
    """Each command's name, parser and help."""
    helps = {action.dest: action.help for action in subparsers._choices_actions}  # noqa: SLF001 the only place with the help
    return [(name, below, helps[name]) for name, below in subparsers.choices.items()]


def _fish(options: Mapping[str, Any], commands: Mapping[str, tuple[str, Mapping[str, argparse.Action]]]) -> str:
    lines = [_fish_option("__fish_use_subcommand", name, action) for name, action in options.items()]
    for command, (help_text, below) in commands.items():
        lines.append(f"complete -c audit-export -n __fish_use_subcommand -f -a {command} -d {_quoted(help_text)}")
        condition = f"'__fish_seen_subcommand_from {command}'"
        lines += [_fish_option(condition, name, action) for name, action in below.items()]
    return "\n".join(lines) + "\n"


def _fish_option(condition: str, name: str, action: argparse.Action) -> str:
    kind = "-l" if name.startswith("--") else "-s"
    value = "" if action.nargs == 0 else " -r"
    return f"complete -c audit-export -n {condition} {kind} {name.lstrip('-')}{value} -d {_quoted(action.help or '')}"


def _quoted(text: str) -> str:
    """A string of fish."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
