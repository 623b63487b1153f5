"""What the sample traffic's people, companies and things are called; every domain is under .example (RFC 2606)."""

COMPANIES = (
    ("Northwind Freight", "northwind.example", "America/New_York"),
    ("Münchner Vertrieb GmbH", "muenchner-vertrieb.example", "Europe/Berlin"),
    ("Harbour & Pine", "harbourpine.example", "Europe/London"),
    ("Lumen Robotics", "lumen-robotics.example", "America/Los_Angeles"),
    ("Casa Limón", "casalimon.example", "Europe/Madrid"),
    ("Kitanami 物流", "kitanami.example", "Asia/Tokyo"),
    ("Papaya Cloud ☁️", "papaya-cloud.example", "Asia/Kolkata"),
    ("Fjord Analytics", "fjord.example", "Europe/Oslo"),
)
PEOPLE = (
    "dana.whitfield",
    "marc.oduya",
    "zoë.brandt",
    "miki.tanaka",
    "aoife.obrien",
    "łukasz.wrona",
    "priya.raman",
    "sam.okafor",
    "ines.carvalho",
    "noah.lindqvist",
    "leila.haddad",
    "tomás.rivera",
    "greta.holm",
    "yusuf.demir",
    "chloe.marchand",
    "ravi.menon",
    "hana.novák",
    "oscar.nyberg",
    "mei.chen",
    "jonah.adler",
)
SCHEDULES = (
    "Weekly coaching digest",
    "Monday pipeline",
    "Objections of the month",
    "Talk ratio, by team",
    "New hires: first calls",
    "Renewals at risk ⚠️",
    "Competitor mentions",
    "Quarterly review",
)
REPORTS = (
    "Q3 pipeline review",
    "Objection handling, October",
    "Discovery calls: what works",
    "Coaching: talk-to-listen ratio",
    "Win/loss, enterprise",
    "Pricing conversations",
    "Onboarding cohort 7",
)
TEMPLATES = ("coaching_digest", "pipeline_review", "objection_report", "win_loss")
CRONS = ("0 9 * * 1", "0 8 * * 1", "30 7 * * 1-5", "0 17 * * 5", "0 6 1 * *", "15 12 * * 3")
ZONES = ("America/New_York", "Europe/Berlin", "Europe/London", "Asia/Tokyo", "America/Chicago", "UTC")
ADDONS = (("extra-analyses-500", 4900), ("coaching-library", 12900), ("storage-1tb", 2500), ("slack-digest", 900))
FAILURES: tuple[str | None, ...] = ("card_declined", "expired_card", "insufficient_funds", None)
REASONS: tuple[str | None, ...] = ("No longer needed", "Moved to another CRM", None)
SCOPES = {
    "gong": ("calls:read", "users:read", "stats:read"),
    "hubspot": ("crm.objects.contacts.read", "crm.objects.deals.read", "crm.objects.deals.write"),
    "slack": ("chat:write", "channels:read", "users:read"),
}
