"""The test vectors of verified_export.md, section 14, each written as it stands there."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from export.format import workspace_map
from export.format.accounts import Account, encode_accounts, parse_accounts
from export.format.checkpoint import Checkpoint, parse_checkpoint
from export.format.days import DayHead, chain_rows, chain_start, days_hash, encode_days, parse_days
from export.format.encoding import sha256_hex, workspace_key
from export.format.keys import SigningKey, parse_vkey
from export.format.note import parse_note, sign_note, verify_signatures
from export.format.record import parse_record, record_leaf
from export.format.row import encode_row
from tests.export_package import root_hash

LOG_KEY = SigningKey("audit.example.com/log", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
VKEY = "audit.example.com/log+e3a410b2+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"
KEY = "b1bdca925bb8169fe109e174f791c08c661f002ec4497e248f32ed9f0a6444cd"
OTHER_KEY = "62e576382096cab048be3ca98aaddb815a5426aed90d94843b6e3e3aa1096e42"
LEAF = "8574e1a6db3aee52ac89a8f984e0b98c883309365d0d69b0d39efc6fa2700574"
OTHER_LEAF = "94cd785cc304e1a942c97cf8a6c6326297661aa14e392d4c7b8dcb90a21f37c0"
MAP = "aa1abcde89d10846ba243c30b218f39400d815a8392bb3d710462c3516c358d2"
DAYS = f"callmine-audit-days/1 {KEY}\n2026-11-03 2 1064f8ceddb1fb6bd496a6ff097ffdb9ba08df9ca39b332dbdf012da6aa26e28\n"

ROW_1 = (
    "2026-11-03T10:00:00.000000Z", "org_acme", "1", "member.added", "[]", "user", "user_1", "=a@x.io", "member",
    "user_2", 'say "hi"', "web", '{"changes":{}}', "/s", "e1", "2026-11-03T12:00:00.000000Z", None, "0" * 64, None,
    "callmine.members", "0", "1",
)  # fmt: skip
ROW_2 = (
    "2026-11-03T11:00:00.000001Z",
    "org_acme",
    "2",
    *ROW_1[3:10],
    "two\nlines",
    *ROW_1[11:14],
    "e2",
    *ROW_1[15:21],
    "2",
)
LINE_1 = (
    b'"2026-11-03T10:00:00.000000Z","org_acme","1","member.added","[]","user","user_1","\'=a@x.io","member","user_2",'
    b'"say ""hi""","web","{""changes"":{}}","/s","e1","2026-11-03T12:00:00.000000Z","",'
    b'"0000000000000000000000000000000000000000000000000000000000000000","","callmine.members","0","1"\r\n'
)

RECORD = f"""callmine-audit-seal/1
seal 1
time 2026-11-04T13:00:00.000000Z
complete_through 2026-11-04T12:59:58.120000Z
map {MAP}
accounts cb39aa9cac18bf108d170aa2775068de0ad1a7f36052a6cbb527c5e6a32a066f
snapshot 914:920:915,917
restored -
"""
# Section 14 gives the leaf of seal 0 without its record.
LEAF_0 = "2ca538a37459857972f7636440c31a07ee0ad348ab737c63cfb8ea03d5763856"
VECTOR_RECORD = RECORD.replace("12:59:58.120000Z", "13:00:00.000000Z").replace("914:920:915,917", "101:101:")
LEAF_1 = "dc4072e4f8f0bf212c0950309b12919e4ae58c2972a4d0a1f60863e4664be0d2"

CHECKPOINT = (
    "audit.example.com/log\n2\n5O/QKDkVZdNEswONimVlpGBsV+qq3aEQY8Zsd61nDN4=\n\n"
    "— audit.example.com/log 46QQsm80mvZ5AxMMeMy44MrLJluPWqcT4yabxfFMXNfkSi8+b0C4UQeD9Y3zcF5QOo2E0jfnsfbkT+F6kFgMKPC4ugU=\n"
)


def test_the_line_of_a_row() -> None:
    assert encode_row(ROW_1) == LINE_1
    assert sha256_hex(LINE_1) == "6454ade7eb56b6f85349f00eebab2dab7c23f601b2d682dd038b1c7064a3bfdc"


def test_the_chain_of_a_day() -> None:
    start = chain_start(KEY, "2026-11-03")

    assert workspace_key("org_acme") == KEY
    assert start == "e41d047f33d0a3c6b4caff9f76cd0c47f8efadade05bed1de18b65c805ce234e"
    assert chain_rows(start, [LINE_1]) == "86b1b27c983da7ee4c2612a18b5a254f6e17ff32ff74bb2e22091de2c2d4e4b3"
    assert (
        chain_rows(start, [LINE_1, encode_row(ROW_2)])
        == "1064f8ceddb1fb6bd496a6ff097ffdb9ba08df9ca39b332dbdf012da6aa26e28"
    )


def test_the_list_of_days() -> None:
    head = DayHead("2026-11-03", 2, "1064f8ceddb1fb6bd496a6ff097ffdb9ba08df9ca39b332dbdf012da6aa26e28")

    assert encode_days(KEY, [head]) == DAYS
    assert parse_days(DAYS, KEY) == [head]
    assert days_hash(DAYS) == "001182e20f247d52cf618a31c0314bb3177fa20e16dbe41c3067eaf578e10c12"


def test_the_leaf_of_a_workspace() -> None:
    assert workspace_key("org_globex") == OTHER_KEY
    assert workspace_map.leaf_hash(KEY, days_hash(DAYS)) == LEAF


def test_the_map_of_two_workspaces() -> None:
    assert workspace_map.node_hash(OTHER_LEAF, LEAF) == MAP
    assert workspace_map.climb(KEY, [OTHER_LEAF], LEAF) == MAP


def test_the_map_of_three_keys() -> None:
    workspaces = [("0" * 64, "a" * 64), ("4" + "0" * 63, "b" * 64), ("8" + "0" * 63, "c" * 64)]

    assert workspace_map.map_root(workspaces) == "c3fa36e4a07d1e4065d7458b928a11f644c266be1c01cfce3fa2d81d60365c3a"


def test_the_map_of_two_keys_whose_last_bit_differs() -> None:
    workspaces = [("0" * 64, "a" * 64), ("0" * 63 + "1", "b" * 64)]

    assert workspace_map.map_root(workspaces) == "d3acdfcdad104123260936cbcb2102ab122020a67a11b0557fddf5682a52b9cf"


def test_the_record_and_its_leaf() -> None:
    record = parse_record(RECORD)

    assert record.encode() == RECORD
    assert record_leaf(VECTOR_RECORD).hex() == LEAF_1
    assert (record.seal, record.map_root, record.restored) == (1, MAP, ())


def test_the_key() -> None:
    assert LOG_KEY.verifier.encode() == VKEY
    assert parse_vkey(VKEY) == LOG_KEY.verifier


def test_the_checkpoint() -> None:
    note = parse_note(CHECKPOINT.encode(), "checkpoint")
    checkpoint = parse_checkpoint(note, "checkpoint")
    root = root_hash([bytes.fromhex(LEAF_0), bytes.fromhex(LEAF_1)])

    assert checkpoint == Checkpoint(origin="audit.example.com/log", size=2, root=root)
    assert verify_signatures(note, [LOG_KEY.verifier], "checkpoint") == [LOG_KEY.verifier]
    assert sign_note(checkpoint.encode(), [LOG_KEY]).encode() == CHECKPOINT.encode()


def test_the_accounts() -> None:
    account = Account(
        topic="callmine.members", partition=0, topic_id="tid", state="live", next_offset=3, recorded=3, entries=3
    )
    data = encode_accounts([account])

    assert data.split(b"\r\n")[1] == b"callmine.members,0,tid,live,3,3,0,0,0,0,0,0,0,0,0,0,0,3"
    assert sha256_hex(data) == "cb39aa9cac18bf108d170aa2775068de0ad1a7f36052a6cbb527c5e6a32a066f"
    assert parse_accounts(data) == [account]
