"""Verifiers that each skip one check of verified_export.md, section 11; part of tests/mutants.py's list."""

from typing import NamedTuple


class Skipped(NamedTuple):
    """Which check, the file, the text there and what takes its place; words in the names of tests that must notice."""

    check: str
    file: str
    old: str
    new: str
    words: str


V, F = "export/verify/", "export/format/"
SKIPPED = (
    Skipped("1, days", V + "verifier.py", "if not is_day(day):", "if not day:", "exist"),
    Skipped("1, order of days", V + "verifier.py", "if scope.from_day >= scope.to_day:", "if scope.from_day > scope.to_day:", "equals"),
    Skipped("1, key ids of the policy", F + "keys.py", "if key.key_id.hex() != key_id:", "if len(key_id) != 8:", "wrong key id"),
    Skipped("1, regular files", V + "package.py", "if not stat.S_ISREG(os.fstat(descriptor).st_mode):", "if False:", "FIFO"),
    Skipped("1, links", V + "package.py", "name, follow=False)", "name, follow=True)", "moved"),
    Skipped("1, control characters in notes", F + "note.py", 'set(whole) - {"\\n"}', 'set(whole) & {"\\r"}', "DEL"),
    Skipped("1, canonical base64", F + "encoding.py", "return data if encode_base64(data) == text else None", "return data", "unused bits"),
    Skipped("2, exporter", V + "signatures.py", "if not names:", "if not signers:", "on_manifest signed by log key"),
    Skipped("2, bad beside good", F + "note.py", "if not key.verifies(line.signature, note.text):", "if key not in signed and not key.verifies(line.signature, note.text):", "after the good"),
    Skipped("3, format", F + "manifest.py", ' or document.get("format") != FORMAT', "", "another format"),
    Skipped("3, integers", F + "strict_json.py", "return type(value) is int and value >= 0", "return isinstance(value, int) and value >= 0", "boolean"),
    Skipped("3, names twice", F + "strict_json.py", "if len(value) != len(pairs):", "if not pairs and value:", "twice"),
    Skipped("3, scope", F + "manifest.py", "if document.get(name) != asked:", "if name in document and document[name] != asked:", "no workspace"),
    Skipped("4, names", F + "manifest.py", "set(files) != set(OTHER_FILES)", "not set(files) >= set(OTHER_FILES)", "sixth"),
    Skipped("5, three lines", F + "checkpoint.py", "if len(lines) != _LINES or", "if len(lines) < _LINES or", "four"),
    Skipped("5, log key", V + "signatures.py", "if not any(key in signers and key.name == checkpoint.origin for key in policy.logs):", "if not signers:", "signed by the exporter"),
    Skipped("5, origin", V + "signatures.py", "key in signers and key.name == checkpoint.origin", "key in signers", "origin"),
    Skipped("6, quorum", V + "signatures.py", "if not policy.has_quorum(set(names)):", "if policy.quorum and not names:", "two are needed"),
    Skipped("6, witnesses twice", F + "policy.py", "if any(key.public == other.public for other in keys):", "if False:", "key twice"),
    Skipped("14, size", V + "package.py", "if actual.bytes != expected.bytes:", "if False:", "on_rows another size"),
    Skipped("7, hashes", V + "package.py", "if actual.sha256 != expected.sha256:", "if False:", "another hash"),
    Skipped("7, README.txt", V + "verifier.py", '    read_digested("README.txt", files["README.txt"], digests["README.txt"])\n', "", "README"),
    Skipped("7, checkpoint", V + "verifier.py", '    check_digest("checkpoint", file_digest(checkpoint_data), digests["checkpoint"])\n', "", "line more in the checkpoint"),
    Skipped("8, order", V + "views.py", "if record.seal <= before.seal:", "if record.seal < 0:", "ascending times"),
    Skipped("8, time", V + "views.py", "if record.time <= before.time:", "if record.time < before.time:", "stands still"),
    Skipped("8, inclusion", V + "views.py", "if not merkle.verify_inclusion(leaf, record.seal, checkpoint.size, view.inclusion, checkpoint.root):", "if record.seal >= checkpoint.size:", "inclusion"),
    Skipped("8, inclusion's length", F + "merkle.py", "    return last == 0 and current == root\n", "    return current == root\n", "no other inclusion"),
    Skipped("8, last seal", V + "views.py", "if newest != checkpoint.size - 1:", "if newest > checkpoint.size - 1:", "older package"),
    Skipped("8, days of this workspace", F + "days.py", "if not text.startswith(_header(key)):", "if not text.startswith(_header(text[22:86])):", "of another workspace"),
    Skipped("8, days in order", F + "days.py", "if days and day.day <= days[-1].day:", "if days and day.day < days[-1].day:", "day twice"),
    Skipped("8, days that exist", F + "days.py", "if is_day(day) and", "if day and", "exist on_proof"),
    Skipped("8, days with entries", F + "days.py", "(entries := parse_number(count)):", "(entries := parse_number(count)) is not None:", "without entries"),
    Skipped("8, path", V + "views.py", "if workspace_map.climb(key, path, bottom) != view.record.map_root:", "if workspace_map.climb(key, path, bottom) == EMPTY_HASH:", "map"),
    Skipped("8, path's end", V + "views.py", "if path and path[-1] == EMPTY_HASH:", "if path and len(path[-1]) == 0:", "empty end"),
    Skipped("8, path's length", V + "views.py", "if len(path) > workspace_map.KEY_BITS:", "if len(path) > 10**6:", "path of"),
    Skipped("8, other's key", V + "views.py", "if other == key or", "if other == path or", "workspace itself"),
    Skipped("8, other's bits", V + "views.py", " or workspace_map.shared_bits(key, other) < len(path)", "", "no place there"),
    Skipped("8, values of the record", V + "views.py", "    check_values(record)\n", "", "sealed record"),
    Skipped("8, lost seals before this one", F + "record.py", " or after > record.seal", "", "later seal"),
    Skipped("9, log key", V + "verifier.py", "known = read_checkpoint(read_small(path, source), policy, source).checkpoint", "from export.format.checkpoint import parse_checkpoint\n    known = parse_checkpoint(parse_note(read_small(path, source), source), source)", "known: signed by"),
    Skipped("9, origin", V + "history.py", "if known.origin != checkpoint.origin:", "if not known.origin:", "another log of the policy"),
    Skipped("9, equal size", V + "history.py", "if known.root != checkpoint.root:", "if not known.root:", "same size"),
    Skipped("9, view of that seal", V + "history.py", "    if state is None:\n        raise incomplete(", "    if state is None:\n        return\n    if not states:\n        raise incomplete(", "no view"),
    Skipped("9, consistency", V + "history.py", "if not merkle.verify_consistency(known.size, checkpoint.size, state.consistency, known.root, checkpoint.root):", "if not states:", "consistency"),
    Skipped("9, consistency of both roots", F + "merkle.py", "return last == 0 and old_current == old_root and current == root", "return last == 0 and current == root", "older root another"),
    Skipped("10", V + "verifier.py", "    check_growth(states)  # 10\n", "", "growth"),
    Skipped("10, fewer", V + "history.py", "if now is None or now.entries < head.entries:", "if now is None:", "fewer"),
    Skipped("10, gone", V + "history.py", "            if now is None or now.entries < head.entries:\n", "            if now is None:\n                continue\n            if now.entries < head.entries:\n", "gone"),
    Skipped("10, as many", V + "history.py", "if now.entries == head.entries and now.digest != head.digest:", "if now.entries == head.entries and not now.digest:", "as many"),
    Skipped("11, hash", V + "verifier.py", "if sha256_hex(data) != record.accounts:", "if not data:", "on_rows accounts older"),
    Skipped("11, order", F + "accounts.py", "if accounts and account.order <= accounts[-1].order:", "if accounts and account == accounts[-1]:", "accounts"),
    Skipped("12, header", V + "rows.py", "if records.take(1) != [HEADER]:", "if not records.take(1):", "header"),
    Skipped("12, day and workspace", V + "rows.py", "if not all(map(match, rows)):", "if not rows:", "sealed row"),
    Skipped("12, chain", V + "rows.py", "if stop.seal == part.newest_seal:", "if stop.seal == part.newest_seal and not digest:", "one letter last"),
    Skipped("12, nothing behind", V + "rows.py", "    if records.take(1):\n", "    if records.take(1) and not rows:\n", "at the end"),
    Skipped("12, quotes", F + "csv_reader.py", "line.count(b'\"') & 1 or ", "", "split rule"),
    Skipped("12, every part", V + "audit_csv.py", "if None in mismatches or ", "if ", "answered as from front"),
    Skipped("12, header of the first part", V + "parts.py", "        check_header(records)\n", "        records.take(1)\n", "header same verdict in parts"),
    Skipped("12, a file that stays the same", V + "audit_csv.py", " or _state(stream) != before:", ":", "changes meanwhile"),
    Skipped("12, answers", V + "processes.py", "if data.endswith(_END) else None", "", "what fails has none"),
    Skipped("13", V + "verifier.py", "        raise rewritten(result.older_mismatch)  # 13\n", "        pass\n", "chain"),
    Skipped("14, digest", V + "verifier.py", '    check_digest("audit.csv", result.digest, digests["audit.csv"])  # 14\n', "", "digest"),
    Skipped("14, entries", V + "verifier.py", 'if document["entries"] != result.rows:', 'if document["entries"] > result.rows:', "entry too few"),
    Skipped("15, complete", V + "verifier.py", "record.complete_through is None or record.complete_through < ", "record.complete_through is not None and record.complete_through < ", "nothing is known"),
    Skipped("15, through", V + "verifier.py", 'record.complete_through < f"{scope.to_day}T', 'record.complete_through < f"{scope.from_day}T', "to the end"),
    Skipped("15, offsets", F + "accounts.py", "if not account.balances:", "if account.gap < 0:", "offset"),
    Skipped("15, entries", F + "accounts.py", "if count != entries[pair]:", "if count < 0:", "entr"),
)  # fmt: skip
