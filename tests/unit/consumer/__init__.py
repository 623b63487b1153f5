"""Tests without a service."""
