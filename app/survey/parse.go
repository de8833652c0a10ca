package survey

import "shuixuan/app/definition"

// file is a questionnaire file: the questionnaire itself and, below it, the waves in
// which it is asked.
type file struct {
	Questionnaire `yaml:",inline"`
	Waves         []Wave `yaml:"waves"`
}

// Parse reads a questionnaire, with the waves that its file names, from YAML (or JSON,
// which is YAML) and checks it. A file may name no wave: waves are then made on the
// page, or by naming one at the import.
func Parse(body []byte) (Questionnaire, []Wave, error) {
	d, err := definition.Open("问卷文件", body)
	if err != nil {
		return Questionnaire{}, nil, err
	}
	d.Undated = "还没有定的日期请不写"
	var f file
	if !d.Decode(d.Root(), "", &f) {
		return Questionnaire{}, nil, d.Err()
	}
	if err := f.Questionnaire.Validate(); err != nil {
		return Questionnaire{}, nil, err
	}
	for i := range f.Waves {
		if f.Waves[i].Questionnaire == "" {
			f.Waves[i].Questionnaire = f.Questionnaire.ID
		}
		if err := f.Waves[i].Validate(f.Questionnaire); err != nil {
			return Questionnaire{}, nil, err
		}
	}
	return f.Questionnaire, f.Waves, nil
}
