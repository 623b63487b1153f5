"""What `--show-completion` prints is what the shell needs: bash itself is asked what it then offers."""

import shlex
import subprocess

import pytest

from export.cli import COMMANDS, build_parser
from export.completion import SHELLS, script
from tests.export_package import audit_export


def offered(*words: str) -> set[str]:
    """What bash offers for the last of `words`, the first of which is the program."""
    line = shlex.join(words)
    ask = f'COMP_WORDS=({line}); COMP_CWORD={len(words) - 1}; _audit_export; printf "%s\\n" "${{COMPREPLY[@]}}"'
    bash = subprocess.run(
        ["bash", "--norc", "-uc", script(build_parser(), "bash") + ask], check=True, capture_output=True, text=True
    )
    return set(bash.stdout.split())


def test_commands_are_offered_first() -> None:
    names = offered("audit-export", "")

    assert {"keygen", "seal", "create", "check", "verify", "inspect", "rotate", "--version", "-h"} <= names
    assert len([name for name in names if not name.startswith("-")]) == len(COMMANDS)
    assert offered("audit-export", "ver") == {"verify"}


def test_the_options_of_a_command_are_offered() -> None:
    """Of that command and of no other, once a dash is typed; else the shell offers files by itself."""
    assert offered("audit-export", "verify", "--") == {
        "--help", "--workspace", "--from", "--to", "--policy", "--known", "--json"
    }  # fmt: skip
    assert offered("audit-export", "keygen", "NAME", "--o") == {"--out"}
    assert offered("audit-export", "verify", "") == set()
    assert offered("audit-export", "nonsense", "--") == set()


def test_fish_gets_a_line_for_each_command_and_option() -> None:
    lines = script(build_parser(), "fish").splitlines()

    assert "complete -c audit-export -n __fish_use_subcommand -f -a verify -d 'verify a package, offline'" in lines
    assert (
        "complete -c audit-export -n '__fish_seen_subcommand_from verify' -l json -d 'print one JSON object'" in lines
    )
    assert [line for line in lines if "seen_subcommand_from inspect' -l policy -r -d " in line]
    assert [line for line in lines if line.replace("\\'", "").count("'") % 2] == []


def test_zsh_gets_the_script_of_bash() -> None:
    assert script(build_parser(), "zsh").endswith(script(build_parser(), "bash"))


@pytest.mark.parametrize("shell", SHELLS)
def test_the_program_prints_it(shell: str) -> None:
    result = audit_export("--show-completion", shell)

    assert (result.code, result.stdout, result.stderr) == (0, script(build_parser(), shell), "")


@pytest.mark.parametrize("arguments", [("--show-completion",), ("--show-completion", "tcsh")])
def test_another_shell_is_wrong_usage(arguments: tuple[str, ...]) -> None:
    result = audit_export(*arguments)

    assert result.code == 2
    assert result.stderr.startswith("MALFORMED - argument --show-completion: ")
