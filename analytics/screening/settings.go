package screening

import (
	"fmt"
	"math"
	"reflect"
)

// Setting is a threshold and where it comes from.
type Setting struct {
	Value  float64 `json:"value"`
	Source string  `json:"source"`
}

// Settings are all thresholds of the screening. Shares are from 0 to 1.
type Settings struct {
	FastShare     Setting `json:"fast_share"`      // a quick sheet is among this share of its stratum: for weak ones
	FastRatio     Setting `json:"fast_ratio"`      // … and below this part of the median: weak
	VeryFastRatio Setting `json:"very_fast_ratio"` // below this part, whatever the share: strong
	TimedSheets   Setting `json:"timed_sheets"`    // a median needs so many times

	BlockRows      Setting `json:"block_rows"`      // rows of a matrix from which straight lines are looked at
	StraightRows   Setting `json:"straight_rows"`   // rows of all matrices together from which they count
	StraightCommon Setting `json:"straight_common"` // a straight line that this share of others draw too is a habit, a hint
	PatternRows    Setting `json:"pattern_rows"`    // rows of a staircase or zigzag
	MissingShare   Setting `json:"missing_share"`   // of the questions asked

	BurstSheets  Setting  `json:"burst_sheets"`  // sheets of a distributor within the minutes below
	BurstMinutes Setting  `json:"burst_minutes"` //
	BurstModes   []string `json:"burst_modes"`   // modes whose instant of entry is that of answering
	DeviceSheets Setting  `json:"device_sheets"` // sheets of one device

	NearShare   Setting `json:"near_share"`   // identical answers, from which two sheets are nearly identical
	LookShare   Setting `json:"look_share"`   // identical answers, from which it is asked whether habits explain them
	NearAnswers Setting `json:"near_answers"` // answers of a sheet from which it is compared
	WeakChance  Setting `json:"weak_chance"`  // partners that independent people would give: below it weak
	NearChance  Setting `json:"near_chance"`  // … below it strong
	AloneChance Setting `json:"alone_chance"` // … below it enough by itself

	DistributorSheets Setting `json:"distributor_sheets"` // sheets from which a distributor is judged
	ExcessSheets      Setting `json:"excess_sheets"`      // nearly identical sheets beyond the expected
	ExcessShare       Setting `json:"excess_share"`       // … as a share of the distributor's sheets
	DistributorP      Setting `json:"distributor_p"`      // for each test of a distributor, after Holm
	DigitSheets       Setting `json:"digit_sheets"`       // numbers from which last digits are judged
	SequenceSheets    Setting `json:"sequence_sheets"`    // paper sheets from which their order is judged
	Level             Setting `json:"level"`              // confidence level of intra-class correlations
	EffectHeads       Setting `json:"effect_heads"`       // distributors below which their interval is called wide

	Recontact Setting `json:"recontact"` // points from which going back is suggested
	Families  Setting `json:"families"`  // … from so many families of signals
}

// Sources of the defaults, in words of ours.
const (
	ownChoice  = "own choice"
	calibrated = "own calibration on the crowds of docs/screening.md"
)

// Defaults are the thresholds a campaign starts with.
func Defaults() Settings {
	return Settings{
		FastShare:     Setting{0.05, "bottom 2.5 to 5 % together with a second signal, as surveyR's quality control"},
		FastRatio:     Setting{0.5, "studies of web surveys cut at 30 to 50 % of the median (from memory, not verified); the lenient end"},
		VeryFastRatio: Setting{1.0 / 3, "towards the strict end of the same; " + calibrated},
		TimedSheets:   Setting{30, ownChoice + ": a median and a twentieth of fewer say little"},

		BlockRows:      Setting{3, "straight-lining is looked at in matrix blocks of at least three rows (Siamang)"},
		StraightRows:   Setting{6, calibrated},
		StraightCommon: Setting{0.03, calibrated},
		PatternRows:    Setting{6, ownChoice + ": five even options make a regular row of six by chance in under 0.3 %"},
		MissingShare:   Setting{0.20, "more than 20 % open, as surveyframe's quality report"},

		BurstSheets:  Setting{10, ownChoice + "; a school class comes at once too, so it is weak"},
		BurstMinutes: Setting{10, ownChoice},
		BurstModes:   []string{"link"},
		DeviceSheets: Setting{3, ownChoice + ": a family shares a phone"},

		NearShare:   Setting{0.85, "Kuriakose and Robbins 2016 (Statistical Journal of the IAOS 32); never used alone, see Pew's answer of the same year"},
		LookShare:   Setting{0.65, calibrated + "; long questionnaires tell copies from people below 85 % too"},
		NearAnswers: Setting{10, ownChoice + ": of fewer answers 85 % are no evidence"},
		WeakChance:  Setting{0.05, calibrated},
		NearChance:  Setting{1e-3, calibrated},
		AloneChance: Setting{1e-6, calibrated},

		DistributorSheets: Setting{20, ownChoice},
		ExcessSheets:      Setting{5, calibrated},
		ExcessShare:       Setting{0.10, calibrated},
		DistributorP:      Setting{0.001, calibrated},
		DigitSheets:       Setting{50, "five expected in each of ten digits, the usual rule for chi-square (Cochran 1954, Biometrics 10)"},
		SequenceSheets:    Setting{20, "normal form of the runs test from ten of each kind (NIST/SEMATECH e-Handbook 1.3.5.13)"},
		Level:             Setting{0.95, "as elsewhere"},
		EffectHeads:       Setting{10, ownChoice + ": of eight piles of 50 sheets the interval of a correlation of 0.1 reaches from 0.04 to 0.35"},

		Recontact: Setting{3, calibrated},
		Families:  Setting{2, "one signal is no proof: flags are combined in every guide consulted"},
	}
}

// bounds are what a setting may be, by the name of its field; all others are at least 1.
var bounds = map[string][2]float64{
	"FastShare": {0, 1}, "FastRatio": {0, 1}, "VeryFastRatio": {0, 1}, "StraightCommon": {0, 1},
	"MissingShare": {0, 1}, "NearShare": {0.5, 1}, "LookShare": {0.3, 1}, "WeakChance": {0, 1}, "NearChance": {0, 1}, "AloneChance": {0, 1},
	"ExcessShare": {0, 1}, "DistributorP": {0, 1}, "BurstMinutes": {0.001, 1e6}, "Level": {0.5, 0.9999},
	"DistributorSheets": {2, 1e9}, "BlockRows": {2, 1e9}, "PatternRows": {4, 1e9},
}

// Validate tells the first setting that can't be, as an *InputError.
func (s Settings) Validate() error {
	v := reflect.ValueOf(s)
	for i := range v.NumField() {
		one, ok := v.Field(i).Interface().(Setting)
		if !ok {
			continue
		}
		limits, known := bounds[v.Type().Field(i).Name]
		if !known {
			limits = [2]float64{1, 1e9}
		}
		if !(one.Value >= limits[0] && one.Value <= limits[1]) || math.IsNaN(one.Value) {
			name := v.Type().Field(i).Tag.Get("json")
			return &InputError{fmt.Sprintf("甄别设置%s是%v，应在%v到%v之间，请改正后再运行", name, one.Value, limits[0], limits[1])}
		}
	}
	return nil
}

// InputError tells what can't be screened, in a sentence for people.
type InputError struct{ Why string }

func (e *InputError) Error() string { return e.Why }

// validate looks for what would make a check say something false.
func (in Input) validate() error {
	refuse := func(format string, args ...any) error { return &InputError{fmt.Sprintf(format, args...)} }
	for k, q := range in.Questions {
		if q.Options < 0 || q.Options > 128 {
			return refuse("第%d题有%d个选项，最多128个，请拆分后再甄别", k+1, q.Options)
		}
	}
	seen := make(map[string]bool, len(in.Sheets))
	for i, s := range in.Sheets {
		if seen[s.ID] {
			return refuse("第%d份问卷的标识“%s”与前面的重复，每份只能出现一次", i+1, s.ID)
		}
		seen[s.ID] = true
		if len(s.Answers) != len(in.Questions) {
			return refuse("第%d份问卷（%s）有%d个回答，应有%d个", i+1, s.ID, len(s.Answers), len(in.Questions))
		}
		if s.Seconds < 0 {
			return refuse("第%d份问卷（%s）的用时是负数（%d秒），不知道时请填0", i+1, s.ID, s.Seconds)
		}
		for k, a := range s.Answers {
			if a < NotAsked || a >= 0 && in.Questions[k].Options > 0 && int(a) >= in.Questions[k].Options {
				return refuse("第%d份问卷（%s）第%d题的回答%d不在选项之内（0到%d）", i+1, s.ID, k+1, a, in.Questions[k].Options-1)
			}
		}
	}
	return nil
}
