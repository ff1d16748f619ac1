"""Sizes of ID photos: one row each, with where it comes from. Data only, no torch.

Measures are of the printed photo in millimetres. `docs/id-photo-sizes.md` is made from this table.
"""

from dataclasses import dataclass

from errors import N_

ICAO = "ICAO Doc 9303, Machine Readable Travel Documents, part 3, 8th edition"


@dataclass(frozen=True)
class Size:
    """One kind of photo.

    head: least and greatest height from chin to crown, mm; where the source gives none, what ICAO asks for (70 to
    80 % of the height), or two thirds. top: the space above the head, mm. colour: the background asked for. as_taken:
    the authority refuses altered photos, and with them a replaced background. source and date: the text that the
    figures are from, and when it was issued or last looked at.
    """

    key: str
    label: str
    width: float
    height: float
    head: tuple[float, float]
    top: float
    colour: str
    source: str
    date: str
    as_taken: bool = False


WHITE, LIGHT_GREY = "#ffffff", "#e6e6e6"
_TRADE = "Customary print size of Chinese photo shops; no law behind it"

SIZES: tuple[Size, ...] = (
    Size("cn1", N_("1 inch, 25 × 35 mm"), 25, 35, (19, 24), 3, WHITE, _TRADE, "2025"),
    Size(
        "cn1small",
        N_("Small 1 inch, 22 × 32 mm"),
        22,
        32,
        (19, 22),
        1.3,
        WHITE,
        "China, photo of the driving licence: Ministry of Public Security order 162, with GA 482",
        "2022-04-01",
    ),
    Size("cn1large", N_("Large 1 inch, 33 × 48 mm"), 33, 48, (28, 33), 4, WHITE, _TRADE, "2025"),
    Size("cn2", N_("2 inch, 35 × 49 mm"), 35, 49, (28, 33), 4, WHITE, _TRADE, "2025"),
    Size("cn2small", N_("Small 2 inch, 35 × 45 mm"), 35, 45, (28, 33), 4, WHITE, _TRADE, "2025"),
    Size("cn2large", N_("Large 2 inch, 35 × 53 mm"), 35, 53, (30, 35), 5, WHITE, _TRADE, "2025"),
    Size(
        "cnpassport",
        N_("China: passport and visa, 33 × 48 mm"),
        33,
        48,
        (28, 33),
        4,
        WHITE,
        "GA/T 1180-2014, Technical requirements for digital photos of exit and entry documents",
        "2014-08-18",
    ),
    Size(
        "cnid",
        N_("China: identity card, 26 × 32 mm (take 350 dpi)"),
        26,
        32,
        (20, 23),
        1.5,
        WHITE,
        "GA 461-2004, Technical requirements for digital photos of the resident identity card",
        "2004",
    ),
    Size("icao", N_("ICAO: most passports, 35 × 45 mm"), 35, 45, (32, 36), 4, LIGHT_GREY, ICAO, "2021"),
    Size(
        "schengen",
        N_("Schengen: visa, 35 × 45 mm"),
        35,
        45,
        (32, 36),
        4,
        LIGHT_GREY,
        "Regulation (EC) 810/2009 (Visa Code), article 10 and annexes; " + ICAO,
        "2009-07-13",
    ),
    Size(
        "us",
        N_("United States: passport and visa, 2 × 2 inches"),
        50.8,
        50.8,
        (25, 35),
        4.5,
        WHITE,
        "U.S. Department of State, travel.state.gov, Passport Photos",
        "2025",
        as_taken=True,
    ),
    Size(
        "ca",
        N_("Canada: passport, 50 × 70 mm"),
        50,
        70,
        (31, 36),
        14,
        WHITE,
        "Government of Canada, canada.ca, Passport photos",
        "2025",
        as_taken=True,
    ),
    Size(
        "gb",
        N_("United Kingdom: passport, 35 × 45 mm"),
        35,
        45,
        (29, 34),
        5,
        LIGHT_GREY,
        "HM Passport Office, gov.uk/photos-for-passports",
        "2025",
        as_taken=True,
    ),
    Size(
        "ie",
        N_("Ireland: passport, 35 × 45 mm"),
        35,
        45,
        (32, 36),
        4,
        LIGHT_GREY,
        "Department of Foreign Affairs, dfa.ie, Photo guidelines (35 × 45 to 38 × 50 mm, no digital changes) and "
        "Photographer guidelines (grey, white or cream); head as in ICAO Doc 9303",
        "2023, copy",
        as_taken=True,
    ),
    Size(
        "de",
        N_("Germany: passport and identity card, 35 × 45 mm"),
        35,
        45,
        (32, 36),
        4,
        LIGHT_GREY,
        "Passverordnung with the Foto-Mustertafel of the Federal Ministry of the Interior. Since 1 May 2025 the "
        "offices take digital photos from certified photographers only",
        "2025-05-01",
        as_taken=True,
    ),
    Size(
        "fr",
        N_("France: passport and identity card, 35 × 45 mm"),
        35,
        45,
        (32, 36),
        4,
        LIGHT_GREY,
        "Order of 5 February 2009 on identity photos, with service-public.fr; white is not allowed",
        "2009-02-05",
        as_taken=True,
    ),
    Size(
        "nl",
        N_("Netherlands: passport and identity card, 35 × 45 mm"),
        35,
        45,
        (26, 30),
        5,
        LIGHT_GREY,
        "Fotomatrix model 2020, Rijksdienst voor Identiteitsgegevens",
        "2020",
        as_taken=True,
    ),
    Size(
        "es",
        N_("Spain: identity card, 26 × 32 mm"),
        26,
        32,
        (20, 24),
        3,
        WHITE,
        "Royal decree 1553/2005, article 5",
        "2005-12-23",
        as_taken=True,
    ),
    Size(
        "au",
        N_("Australia: passport, 35 × 45 mm"),
        35,
        45,
        (32, 36),
        4,
        LIGHT_GREY,
        "Australian Passport Office, Guidelines for the photographic industry and camera operators (35 to 40 × 45 to "
        "50 mm, head 32 to 36 mm)",
        "2010-12-09, copy",
        as_taken=True,
    ),
    Size(
        "nz",
        N_("New Zealand: passport, 35 × 45 mm"),
        35,
        45,
        (32, 36),
        4,
        LIGHT_GREY,
        "Department of Internal Affairs, Photographic requirements from 1 June 2005: those of ICAO Doc 9303",
        "2006-07-03, copy",
        as_taken=True,
    ),
    Size(
        "jp",
        N_("Japan: passport, 35 × 45 mm"),
        35,
        45,
        (32, 36),
        4,
        LIGHT_GREY,
        "Ministry of Foreign Affairs, mofa.go.jp, Standards for passport photos (34 ± 2 mm, 2 to 6 mm above)",
        "2025-03-24",
        as_taken=True,
    ),
    Size(
        "kr",
        N_("South Korea: passport, 35 × 45 mm"),
        35,
        45,
        (32, 36),
        4,
        WHITE,
        "Ministry of Foreign Affairs, passport.go.kr, Photo standards",
        "2025",
        as_taken=True,
    ),
    Size(
        "in",
        N_("India: e-Visa, 2 × 2 inches"),
        50.8,
        50.8,
        (25, 35),
        4.5,
        WHITE,
        "Bureau of Immigration, indianvisaonline.gov.in, Photo requirements (square, head 25 to 35 mm), as quoted "
        "elsewhere",
        "2013-11, copy",
    ),
    Size(
        "sg",
        N_("Singapore: passport, 35 × 45 mm"),
        35,
        45,
        (32, 36),
        4,
        WHITE,
        "Immigration & Checkpoints Authority, ica.gov.sg, Passport photo guidelines; head as in ICAO Doc 9303",
        "2019-01-30",
        as_taken=True,
    ),
    Size(
        "hk",
        N_("Hong Kong: passport, 40 × 50 mm"),
        40,
        50,
        (32, 36),
        6,
        WHITE,
        "Immigration Department, immd.gov.hk, Photo requirements for travel document",
        "2025",
    ),
    Size(
        "my",
        N_("Malaysia: passport, 35 × 50 mm"),
        35,
        50,
        (25, 30),
        5,
        WHITE,
        "Immigration Department of Malaysia, imi.gov.my, Malaysian International Passport",
        "2013-11, copy",
    ),
    Size(
        "vn",
        N_("Vietnam: passport, 40 × 60 mm"),
        40,
        60,
        (36, 42),
        4.5,
        WHITE,
        "Ministry of Public Security, circular 68/2022/TT-BCA, form TK01, and its portal (from the eyes two parts up "
        "and three down); head as two thirds of the height",
        "2022-12-31, copy",
    ),
)


def find_size(key: str) -> Size:
    """Return the row of this key. Raises StopIteration for an unknown one."""
    return next(row for row in SIZES if row.key == key)
