"""Finding secrets in bytes: rules from `checks/secrets/rules`, one matcher, then a closer look at what it marked."""
