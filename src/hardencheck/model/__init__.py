"""The frozen types that everything else speaks in. No file, network, clock or process is touched here."""
