"""The work: rooms (stages) and the corridor between them. No prefect here."""
