"""The commonest passwords among those that our rules would let through.

Nobody's leaked list was copied. Lists of leaked passwords agree on how people meet a rule that wants a letter, a
digit and a special character: a well-known word, perhaps with a capital or with @ for a, followed by a short number
and one mark; or a walk over the keyboard with Shift held for half of it. This module spells those habits out, the
commonest words with the commonest endings, about 3,000 passwords in all. Compared without regard to case.
"""

from collections.abc import Iterator
from itertools import product

# The words that open every list of leaked passwords, English and Chinese.
WORDS = """
password passw0rd pass passwd qwerty qwertyuiop asdf asdfgh zxcvbn zxcvbnm qwer qwe asd zxc qaz abc abcd abcde aaa aa a
admin administrator root user test guest login welcome hello secret master letmein changeme default temp iloveyou love
monkey dragon sunshine princess football baseball shadow superman batman michael jordan charlie ashley daniel jessica
hunter soccer freedom whatever computer internet google facebook windows samsung apple summer winter spring autumn
monday friday january december china beijing shanghai woaini wang zhang li liu chen woaiwojia wodemima mima nihao
xiaoming tiantian baobao aini qq weixin taobao alibaba company office server oracle mysql system manager india pakistan
london america canada hello1 super starwars pokemon naruto killer angel lovely flower family mustang ferrari trustno
photo photos picture camera revive
""".split()
# The first words come with every ending, the others with the two that people reach for first.
FAVOURITE_WORDS = 45
NUMBERS = ("123", "1", "12", "1234", "12345", "123456", "111", "666", "888", "520", "2024", "2025", "2026")
FAVOURITE_NUMBERS = 2
MARKS = ("!", "@")

KEYBOARD_WALKS = """
1qaz@wsx 1qaz!qaz !qaz2wsx !qaz1qaz 1q2w3e4r! !q2w3e4r 1q2w3e! 1q2w3e!@# q1w2e3! q1w2e3r4! zaq1@wsx zaq!2wsx zaq1!qaz
2wsx#edc @wsx3edc 1qazxsw@ 1qazxsw2! 1qazxsw2@ qwe123!@# qaz123!@# asd123!@# zxc123!@# abc123!@# 123qwe!@# 123abc!@#
123asd!@# 123qwe! 123abc! 1234qwer! 1234qwer!@#$ qwer1234!@#$ qwer!@#$1234 !@#$1234qwer !@#123qwe !@#123abc !@#qwe123
!@#abc123 qwe!@#123 abc!@#123 asd!@#123 a1b2c3! a1b2c3d4! a1s2d3! a1s2d3f4! 1a2b3c! 1a2b3c4d! p@ssw0rd p@ssw0rd!
p@$$w0rd p@$$w0rd! pa$$w0rd pa$$w0rd! passw0rd! p@ssword1 pa$$word1 p@55w0rd p@ssw0rd1 p@ssw0rd123 p@ssw0rd123!
p@$$w0rd1 p@$$w0rd123 passw@rd1 pass@word1 pass#word1 l0ve!you i<3you1 adm1n! @dmin123 @dmin1 adm!n123 l3tm31n!
w3lc0me! welc0me! w3lcome! r00t!@# t3st!ng h3llo! h3ll0! s3cret! s3cr3t! qwerty!1 asdf!234 abc!123 abc#123 abc$123
abc%123
""".split()


def load_common_passwords() -> Iterator[str]:
    """Yield each of them in lower case; some more than once."""
    yield from KEYBOARD_WALKS
    for place, word in enumerate(WORDS):
        numbers = NUMBERS if place < FAVOURITE_WORDS else NUMBERS[:FAVOURITE_NUMBERS]
        for number, mark in product(numbers, MARKS):
            yield word + number + mark
            yield word + mark + number
