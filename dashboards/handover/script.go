package handover

import (
	_ "embed"
	"io"
)

// script computes every line of figures.csv anew. It is one for all waves: what differs stands
// in the files beside it, so no text of a person becomes a line of a program.
//
//go:embed reproduce.R
var script string

// Script writes the R script. Run as Rscript reproduce.R, it ends with status 0 where all figures
// agree, 1 where one differs or none could be held against the print, 2 where it couldn't run.
func (d *Data) Script(w io.Writer) error {
	_, err := io.WriteString(w, script)
	return err
}
