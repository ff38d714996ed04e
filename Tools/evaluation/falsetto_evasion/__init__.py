"""The evasion drill: one model, the same clips, under everything that people do to a voice to be taken for another."""
