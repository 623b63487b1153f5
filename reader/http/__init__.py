"""The application: routes, middleware, errors, limits."""
