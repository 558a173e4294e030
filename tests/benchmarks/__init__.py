"""What a job costs: measured on real processes, as CPU and as ratios within one run."""
