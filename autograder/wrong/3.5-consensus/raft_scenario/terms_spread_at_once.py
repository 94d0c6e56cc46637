"""Everybody is in term 4 as soon as B and C stand, before their requests arrive."""

CHECK = "raft_scenario.terms"
REPLACE = [('9: {"BC": {4}, "DE": {3}},', '9: {"BC": {4}, "DE": {4}},')]
