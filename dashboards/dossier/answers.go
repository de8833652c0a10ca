package dossier

import (
	"fmt"

	"shuixuan/dashboards/seal"
)

// AnswersName is the list of the waves' data that the program's own pages read.
const AnswersName = dataFolder + "/index.json"

// Answers are those of a wave as proof of its figures.
type Answers struct {
	Name      string `json:"name"` // 数1 is the first wave of the dossier
	Wave      string `json:"wave"` // id
	Title     string `json:"title"`
	Responses int64  `json:"responses"` // that count: complete and partial
	Folder    string `json:"folder"`    // in the package
}

// WaveExhibit names the answers of the n-th wave of a dossier.
func WaveExhibit(n int) string { return fmt.Sprintf("数%d", n) }

// marked is how a text refers to an exhibit.
func marked(exhibit string) string { return "〔" + exhibit + "〕" }

// AnswersOf lists the waves of a dossier.
func AnswersOf(d *Data) []Answers {
	list := []Answers{}
	for i, one := range d.Waves {
		p := one.Progress.Total
		list = append(list, Answers{Name: WaveExhibit(i + 1), Wave: string(one.Wave.ID), Title: one.Wave.Name, Responses: p.Complete + p.Partial, Folder: waveFolder(one)})
	}
	return list
}

func waveFolder(one Wave) string { return dataFolder + "/" + seal.Clean(string(one.Wave.ID)) }
