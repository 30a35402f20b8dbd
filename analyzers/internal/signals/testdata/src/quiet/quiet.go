package quiet

import "os"

func Give() { os.Exit(1) }
