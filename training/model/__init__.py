"""The networks: architecture, training, distillation, calibration and export.

Belongs here: everything from labelled documents to the weights that ship. Does not belong here:
reading corpora (`training.corpora`), running the network (`etl.extract.tagger`).
"""
