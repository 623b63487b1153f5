"""What the programs share: settings, PostgreSQL, migrations, logging, terminal output. It knows no word of auditing."""
