"""Amounts of money for people (ISO 4217, the list of active codes of 2025, and codes withdrawn since 2000).

The latter are of its list of historic denominations, which has no minor units: they are those that java.util.Currency of OpenJDK 17
gives (getDefaultFractionDigits). A code that it does not know is left out.
"""

import re

# Codes by how many digits their minor unit has. Funds, metals and test codes have none, and are no money here.
_CODES = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: (
        "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF "
        "CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF "
        "IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN "
        "MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS "
        "SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG"
    ),
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
# Entries are for ever, so are the currencies in them. Codes that are still in the list above are not repeated.
_WITHDRAWN = {
    0: "ADP BEF BYB BYR ESP GRD ITL LUF MGF PTE ROL TPE TRL",
    2: (
        "AFA ATS AZM BGL CSD CUC CYP DEM EEK FIM FRF GHC HRK IEP LTL LVL MRO MTL MZM NLG RUR SDD SIT SKK SLL SRG "
        "STD TMM VEB VEF YUM ZMK ZWD ZWL ZWN ZWR"
    ),
}
_DIGITS = {
    code: digits for listed in (_WITHDRAWN, _CODES) for digits, codes in listed.items() for code in codes.split()
}
_INTEGER = re.compile(r"-?[0-9]{1,19}")


def amount(minor_units: str, currency: str) -> str | None:
    """An amount such as `EUR 1,290.00`; None for a currency that is not listed, whose minor unit would be a guess.

    Payment services such as Stripe write the codes in lower case.
    """
    code = currency.upper() if currency.isascii() else currency
    digits = _DIGITS.get(code)
    if digits is None or not _INTEGER.fullmatch(minor_units):
        return None
    number = int(minor_units)
    whole, rest = divmod(abs(number), 10**digits)
    fraction = f".{rest:0{digits}}" if digits else ""
    return f"{code} {'-' if number < 0 else ''}{whole:,}{fraction}"
