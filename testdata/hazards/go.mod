module hazards.test

go 1.26.0
