from support import error_of

from picket.link import dns, sntp

# A captured form of answer, put together by hand from RFC 1035: a CNAME, then an A record, names compressed.
_QUESTION = b"\xab\xcd\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x06broker\x05plant\x00\x00\x01\x00\x01"
_ANSWER = (
    b"\xab\xcd\x81\x80\x00\x01\x00\x02\x00\x00\x00\x00\x06broker\x05plant\x00\x00\x01\x00\x01"
    b"\xc0\x0c\x00\x05\x00\x01\x00\x00\x00\x3c\x00\x05\x02mq\xc0\x13"
    b"\xc0\x2a\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\xc0\xa8\x01\x0a"
)


def test_a_query_is_as_the_standard_wants():
    assert dns.query("broker.plant", b"\xab\xcd") == _QUESTION


def test_the_address_is_found_behind_an_alias():
    assert dns.answers(_ANSWER, _QUESTION)
    assert dns.address(_ANSWER) == "192.168.1.10"


def test_answers_to_other_questions_are_none():
    for at in (0, 1, 2, 13, 20, 27, 29):
        wrong = _ANSWER[:at] + bytes([_ANSWER[at] ^ 0x80]) + _ANSWER[at + 1 :]
        assert not dns.answers(wrong, _QUESTION), at
    assert not dns.answers(b"", _QUESTION)


def test_an_answer_cut_or_spoilt_anywhere_is_an_error_or_an_address():
    for length in range(len(_QUESTION), len(_ANSWER)):
        assert error_of(OSError, dns.address, _ANSWER[:length])
    for at in range(len(_QUESTION), len(_ANSWER)):
        for value in (0, 0x3F, 0x40, 0xC0, 0xFF):
            try:
                assert dns.is_address(dns.address(_ANSWER[:at] + bytes([value]) + _ANSWER[at + 1 :]))
            except OSError:
                pass


def test_a_name_server_that_knows_no_such_name_says_so():
    refused = _ANSWER[:3] + b"\x83" + _ANSWER[4:]
    assert "says 3" in error_of(OSError, dns.address, refused)


def test_addresses_are_told_from_names():
    assert dns.is_address("10.0.0.1")
    for host in ("10.0.0.256", "10.0.0", "10.0.0.1.", "a.b.c.d", ""):
        assert not dns.is_address(host), host


def test_impossible_names_are_refused():
    for host in ("", "a..b", "x" * 64 + ".plant"):
        assert "no host name" in error_of(OSError, dns.query, host, b"\0\0")


def _reply(seconds_1900, nonce=b"nonsense", stratum=2, first=0x24):
    return bytes([first, stratum]) + bytes(22) + nonce + bytes(8) + seconds_1900.to_bytes(4, "big") + bytes(4)


def test_the_time_is_counted_from_1970_and_past_2036():
    assert sntp.seconds(_reply(2208988800 + 1790000000)) == 1790000000
    assert sntp.seconds(_reply(2208988800 + 2200000000 - (1 << 32))) == 2200000000


def test_only_a_servers_answer_to_this_question_counts():
    assert sntp.is_answer(_reply(1), b"nonsense")
    assert not sntp.is_answer(_reply(1), b"another!")
    assert not sntp.is_answer(_reply(1, first=0x23), b"nonsense")
    assert not sntp.is_answer(_reply(1)[:47], b"nonsense")


def test_a_server_without_the_time_is_not_believed():
    for stratum, first in ((0, 0x24), (16, 0x24), (2, 0xE4)):
        assert error_of(OSError, sntp.seconds, _reply(1, stratum=stratum, first=first))
