"""For httpx where nothing is encrypted: each client would read the certificates of all authorities first, for some 50 ms."""

import ssl

NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # trusts nobody
