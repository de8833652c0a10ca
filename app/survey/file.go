package survey

// file is a questionnaire file: the questionnaire itself and, below it, the waves in
// which it is asked.
type file struct {
	Questionnaire `yaml:",inline"`
	Waves         []Wave `yaml:"waves"`
}

// ParseFile reads a questionnaire with the waves that its file names. A file may
// name none: waves are then made on the page, or by naming one at the import.
func ParseFile(body []byte) (Questionnaire, []Wave, error) {
	var f file
	if err := decode(body, "问卷文件", &f); err != nil {
		return Questionnaire{}, nil, err
	}
	if err := f.Questionnaire.Validate(); err != nil {
		return Questionnaire{}, nil, err
	}
	for i := range f.Waves {
		if f.Waves[i].Questionnaire == "" {
			f.Waves[i].Questionnaire = f.Questionnaire.ID
		}
	}
	return f.Questionnaire, f.Waves, nil
}
