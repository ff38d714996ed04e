"""Training of Falsetto's classifier: from a corpus folder to a model file."""
