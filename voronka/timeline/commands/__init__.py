"""Writing notes, planning and finishing work, telling people, handing over."""
