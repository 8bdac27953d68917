"""The networks: architecture, training, distillation, calibration and export."""
