"""Sample events: scenarios of the services, and how they are published."""
