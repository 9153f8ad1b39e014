from tests.schemas.golden import write

write()
