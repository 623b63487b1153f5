"""Tests of the sandbox without a service."""
