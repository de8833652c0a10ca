package handover

import (
	"slices"
	"strings"

	"shuixuan/app/survey"
)

// suppression decides which keys are taken out of whose row. It counts people by combination
// of stratum and keys; a combination is taken back by one key after another until enough people
// share it (Willenborg and de Waal, Elements of Statistical Disclosure Control, section 1.2.4:
// local suppression).
type suppression struct {
	smallest int64
	keys     []string
	people   map[string]int64 // by combination
	level    map[string]int   // how many keys are taken out, where any is
}

const between = "\x00"

func newSuppression(s Settings) suppression {
	one := suppression{smallest: s.Smallest.Value, people: map[string]int64{}, level: map[string]int{}}
	if s.Smallest.Value > 1 {
		one.keys = s.Keys
	}
	return one
}

// combination joins the stratum and the keys of a response.
func (d *Data) combination(r survey.Response) string {
	parts := []string{r.Stratum}
	for _, key := range d.suppress.keys {
		parts = append(parts, d.column(key).code(r))
	}
	return strings.Join(parts, between)
}

func first(combination string) string {
	head, _, _ := strings.Cut(combination, between)
	return head
}

func (s *suppression) count(combination string) { s.people[combination]++ }

// decide takes keys out of small combinations. Those of a level are counted among themselves:
// who is alone among those that lost the same key would be known again.
func (s *suppression) decide() {
	small := map[string]int64{} // what remains of combinations, with their people
	members := map[string][]string{}
	for combination, n := range s.people {
		if n < s.smallest && len(s.keys) > 0 {
			small[combination], members[combination] = n, []string{combination}
		}
	}
	for level := 1; level <= len(s.keys) && len(small) > 0; level++ {
		fewer, of := map[string]int64{}, map[string][]string{}
		for combination, n := range small {
			parts := strings.Split(combination, between)
			rest := strings.Join(slices.Delete(parts, 1, 2), between)
			fewer[rest] += n
			of[rest] = append(of[rest], members[combination]...)
		}
		small, members = map[string]int64{}, map[string][]string{}
		for rest, n := range fewer {
			if n < s.smallest && level < len(s.keys) {
				small[rest], members[rest] = n, of[rest]
				continue
			}
			for _, combination := range of[rest] {
				s.level[combination] = level
			}
		}
	}
}

// result counts rows from which something was taken, and by key. A key without a value has
// nothing to take.
func (s *suppression) result() (rows int64, blanked map[string]int64) {
	blanked = map[string]int64{}
	for combination, level := range s.level {
		parts, n, touched := strings.Split(combination, between), s.people[combination], false
		for i, key := range s.keys[:level] {
			if parts[i+1] != "" {
				blanked[key] += n
				touched = true
			}
		}
		if touched {
			rows += n
		}
	}
	return rows, blanked
}

// taken tells whether a key is taken out of the rows of a combination.
func (s *suppression) taken(combination, key string) bool {
	level := s.level[combination]
	return level > 0 && slices.Contains(s.keys[:level], key)
}
