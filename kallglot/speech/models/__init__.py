"""The models that Kallglot knows: what they are, how they get here, and which suit a machine.

* `entries` is the catalogue, which is data: `models.toml`
* `profiles` is what the settings mean by `demo`, `cpu` and `gpu`
* `lock` is which revision of a model was taken, file by file
* `shelf` is the folder where models lie, and `pull` fills it
* `measuring` finds out what this `machine` can do, `recommend` concludes (pure), `timing` tries a
  model that is here
"""
