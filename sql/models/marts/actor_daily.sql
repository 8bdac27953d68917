{{ actor_series('day') }}
