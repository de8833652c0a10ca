package survey

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

// TestTokensAreReadAsPeopleTypeThem.
func TestTokensAreReadAsPeopleTypeThem(t *testing.T) {
	for range 200 {
		token := NewToken()
		spaced := SpacedToken(token)
		for _, typed := range []string{token, spaced, strings.ToUpper(spaced), strings.ReplaceAll(spaced, "-", " "), strings.NewReplacer("0", "o", "1", "l").Replace(token)} {
			if got := ParseToken(typed); got != token {
				t.Fatalf("%q is read as %q, want %q", typed, got, token)
			}
		}
	}
	for _, none := range []string{"", "abc", strings.Repeat("0", 15), strings.Repeat("0", 17), strings.Repeat("u", 16), "../../etc/passwd", strings.Repeat("0", 5000), "０１２３"} {
		if got := ParseToken(none); got != "" {
			t.Errorf("%q is read as %q", none, got)
		}
	}
	if len(HashToken("x")) != 64 || strings.Contains(HashToken(strings.Repeat("0", 16)), "0000000000000000") {
		t.Error("the hash")
	}
}

// TestAReceiptTellsWhenItIsMistyped: every wrong letter is found, and all but the pair of
// first and last letter of the alphabet that changed places (Luhn's known gap).
func TestAReceiptTellsWhenItIsMistyped(t *testing.T) {
	const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	for range 50 {
		id := LinkResponse(NewToken(), "")
		code := Receipt(id)
		prefix, ok := ParseReceipt(strings.ToLower(" " + code))
		if !ok || !strings.HasPrefix(strings.ReplaceAll(id.String(), "-", ""), prefix) || len(prefix) != 10 {
			t.Fatalf("%s of %s is read as %q, %v", code, id, prefix, ok)
		}
		plain := strings.ReplaceAll(code, "-", "")
		for i := range plain {
			for _, letter := range alphabet {
				if other := plain[:i] + string(letter) + plain[i+1:]; other != plain {
					if _, ok := ParseReceipt(other); ok {
						t.Errorf("%s passes for %s", other, plain)
					}
				}
			}
			if i > 0 && plain[i] != plain[i-1] && !strings.ContainsRune("0Z", rune(plain[i])) {
				if _, ok := ParseReceipt(plain[:i-1] + string(plain[i]) + string(plain[i-1]) + plain[i+1:]); ok {
					t.Errorf("%s with letters %d and %d changed passes", plain, i, i+1)
				}
			}
		}
	}
}

// TestOrderIsTheRespondentsOwn: the same on every visit, another for others, and the last
// ones stay last.
func TestOrderIsTheRespondentsOwn(t *testing.T) {
	q := Question{Name: "heard", Type: Multiple, Shuffle: true, Options: []Option{{Code: "none", Exclusive: true}, {Code: "a"}, {Code: "b"}, {Code: "c"}, {Code: "d"}, {Code: "hidden", Unread: true}, {Code: "other", Other: true}, {Code: "dk", DontKnow: true}}}
	codes := func(id uuid.UUID) string {
		var list []string
		for _, o := range q.Order(id) {
			list = append(list, o.Code)
		}
		return strings.Join(list, " ")
	}
	first, orders := map[string]int{}, map[string]bool{}
	for i := range 400 {
		id := LinkResponse(fmt.Sprint(i), "")
		order := codes(id)
		if order != codes(id) || !strings.HasSuffix(order, " none other dk") || strings.Contains(order, "hidden") {
			t.Fatalf("the order %q", order)
		}
		first[order[:1]]++
		orders[order] = true
	}
	for _, code := range []string{"a", "b", "c", "d"} {
		if first[code] < 60 { // 100 expected, 8.7 the deviation
			t.Errorf("%s is first %d times of 400", code, first[code])
		}
	}
	if len(orders) != 24 {
		t.Errorf("%d orders of 24", len(orders))
	}
	q.Shuffle = false
	if got := codes(uuid.New()); got != "none a b c d other dk" {
		t.Errorf("without shuffling: %s", got)
	}
}

// TestSteps: notes stand with the question after them, what is known is not asked, and a
// skipped question has no page.
func TestSteps(t *testing.T) {
	q := Questionnaire{Questions: []Question{
		{Name: "n1", Type: Note}, {Name: "grp", Type: Single}, {Name: "n2", Type: Note}, {Name: "n3", Type: Note}, {Name: "more", Type: Single, ShowIf: &Condition{Question: "grp", In: []string{"a"}}},
		{Name: "kids", Type: Number, Adults: true}, {Name: "bye", Type: Note},
	}}
	names := func(r Response, known ...string) string {
		var list []string
		for _, step := range Steps(q, r, known...) {
			list = append(list, fmt.Sprint(step.Name, len(step.Questions)))
		}
		return strings.Join(list, " ")
	}
	a := Response{Choices: map[string][]string{"grp": {"a"}}}
	for want, got := range map[string]string{
		"grp2 kids3 bye1":       names(Response{}),
		"grp2 more3 kids1 bye1": names(a),
		"more4 kids1 bye1":      names(a, "grp"),
		"grp2 bye3":             names(Response{Young: true}),
	} {
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	held := Response{Choices: map[string][]string{"grp": {"b"}, "more": {"1"}}, Numbers: map[string]float64{"kids": 2}, Texts: map[string]string{OtherKey("more"): "x"}}
	if got := Pruned(q, held); len(got.Choices) != 1 || len(got.Texts) != 0 || got.Numbers["kids"] != 2 || len(held.Choices) != 2 {
		t.Errorf("pruned to %v, of %v", got, held)
	}
}

// TestALinkIsOver.
func TestALinkIsOver(t *testing.T) {
	today := time.Date(2014, 9, 10, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		link PublicLink
		wave Wave
		want string
	}{
		{PublicLink{}, Wave{}, ""}, {PublicLink{Until: today}, Wave{}, ""}, {PublicLink{Until: today.AddDate(0, 0, -1)}, Wave{}, "until"},
		{PublicLink{Closed: true}, Wave{}, "closed"}, {PublicLink{Closed: true}, Wave{Closed: true}, "wave"},
		{PublicLink{}, Wave{Start: today.AddDate(0, 0, 1)}, "early"}, {PublicLink{}, Wave{Start: today, End: today.AddDate(0, 0, -1)}, ""},
	} {
		if got := c.link.Over(c.wave, today); got != c.want {
			t.Errorf("%+v of %+v: %q, want %q", c.link, c.wave, got, c.want)
		}
	}
	if !slices.Contains([]string{"公开链接"}, LinkKindNames[LinkOpen]) {
		t.Error("a kind without words")
	}
}
