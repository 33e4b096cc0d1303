from hypothesis import settings

# A busy machine is no failure: how long things take is measured in tests/benchmarks.
settings.register_profile("crnwidgets", deadline=None, print_blob=True)
settings.load_profile("crnwidgets")
