"""Tests of one program on a real service."""
