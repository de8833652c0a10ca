package survey

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"shuixuan/app/problem"
)

// LinkID names a link within its campaign.
type LinkID string

// LinkKind says how often an address of a link may be answered.
type LinkKind string

// The closed list of kinds.
const (
	LinkOpen LinkKind = "open" // one address for many people
	LinkOnce LinkKind = "once" // many addresses, each for one answer
)

// LinkKindNames are the words for people.
var LinkKindNames = map[LinkKind]string{LinkOpen: "公开链接", LinkOnce: "一次性链接"}

// PublicLink is where a link leads: to a wave, for a distributor or for nobody in particular.
// A stratum or an area that is fixed is not asked.
type PublicLink struct {
	ID          LinkID    `json:"id"`
	Campaign    string    `json:"campaign"`
	Name        string    `json:"name"`
	Wave        WaveID    `json:"wave"`
	Kind        LinkKind  `json:"kind"`
	Distributor string    `json:"distributor,omitempty"` // a person's id
	Unit        string    `json:"unit,omitempty"`        // of the distributor
	Stratum     string    `json:"stratum,omitempty"`     // empty: asked
	Area        string    `json:"area,omitempty"`        // empty: asked where the wave has areas
	Until       time.Time `json:"until,omitzero"`        // last civil day; zero: as long as the wave
	Closed      bool      `json:"closed,omitempty"`
	OnePage     bool      `json:"one_page,omitempty"` // all questions on one page
	// PerDevice is how many responses one device may give by an open link; 0: any number,
	// for a tablet that stands in a hall.
	PerDevice int `json:"per_device,omitempty"`
}

// maxPerDevice bounds what is looked up of a device.
const maxPerDevice = 20

// Validate checks a link against its wave and questionnaire.
func (l PublicLink) Validate(w Wave, q Questionnaire) error {
	f := &faults{}
	switch {
	case strings.TrimSpace(l.Name) == "":
		f.add("name", "请给链接起个名字，例如“实验小学家长”")
	case utf8.RuneCountInString(l.Name) > maxDistributor:
		f.add("name", "名字超过%d个字，请缩短", maxDistributor)
	}
	checkWords(f, "name", l.Name)
	if LinkKindNames[l.Kind] == "" {
		f.add("kind", "请选择公开链接或一次性链接")
	}
	if l.Stratum != "" {
		question, _ := q.Question(q.Stratum)
		_, known := question.Option(l.Stratum)
		if known && len(w.Strata) > 0 {
			known = false
			for _, s := range w.Strata {
				known = known || s.Code == l.Stratum
			}
		}
		if !known {
			f.add("stratum", "这一轮没有“%s”这一组，请重新选择", short(l.Stratum))
		}
	}
	if l.Area != "" {
		known := false
		for _, a := range w.Areas {
			known = known || a.Code == l.Area
		}
		if !known {
			f.add("area", "这一轮没有“%s”这个片区，请重新选择", short(l.Area))
		}
	}
	if y := l.Until.Year(); !l.Until.IsZero() && (y < 2000 || y > 2100) {
		f.add("until", "截止日期的年份是%d，请核对", y)
	}
	if l.PerDevice < 0 || l.PerDevice > maxPerDevice {
		f.add("per_device", "同一设备的份数应为1到%d；公用设备请选不限", maxPerDevice)
	}
	if len(f.list) > 0 {
		return problem.Invalid("链接还不能保存", fmt.Sprintf("共%d处，请按提示改正后再保存。", len(f.list)), f.list...)
	}
	return nil
}

// Over tells why a link begins no new response on a day, empty while it does.
func (l PublicLink) Over(w Wave, today time.Time) string {
	switch {
	case w.Closed:
		return "wave"
	case l.Closed:
		return "closed"
	case !l.Until.IsZero() && today.After(l.Until):
		return "until"
	case !w.Start.IsZero() && today.Before(w.Start):
		return "early"
	}
	return ""
}

// tokenSize is 80 random bits: an address can be read aloud and typed from a slip, and who
// tries ten thousand million a second against a stolen table finds the first of ten
// thousand after some four hundred years.
const tokenSize = 10

// letters leave out those that are read as a digit; the alphabet is Crockford's.
var letters = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// NewToken gives a token as it stands in an address.
func NewToken() string {
	raw := make([]byte, tokenSize)
	rand.Read(raw)
	return letters.EncodeToString(raw)
}

// ParseToken reads a token as people type it: large letters, spaces and dashes between,
// o for 0 and l for 1. It is empty for what is none.
func ParseToken(text string) string {
	if len(text) > 64 {
		return ""
	}
	text = strings.NewReplacer("-", "", " ", "", "o", "0", "i", "1", "l", "1").Replace(strings.ToLower(text))
	if raw, err := letters.DecodeString(text); err != nil || len(raw) != tokenSize || len(text) != letters.EncodedLen(tokenSize) {
		return ""
	}
	return text
}

// SpacedToken is a token as it is printed, in fours.
func SpacedToken(token string) string {
	var parts []string
	for len(token) > 4 {
		parts, token = append(parts, token[:4]), token[4:]
	}
	return strings.Join(append(parts, token), "-")
}

// HashToken is what is kept of a token.
func HashToken(token string) string {
	sum := sha256.Sum256([]byte("link " + token))
	return hex.EncodeToString(sum[:])
}

// DerivedToken gives the same token for the same words: of a device that comes back.
func DerivedToken(words ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(words, "\x00")))
	return letters.EncodeToString(sum[:tokenSize])
}

// answered is the name space of the ids of responses that come by links.
var answered = uuid.MustParse("5b1c6ac4-5c0b-4f7e-9d55-0d1c5d2f8a10")

// LinkResponse is the id of the response that is given by an address. It is made of the
// address, so two tabs and two servers mean the same response, and the table holds one of
// it whatever happens. Key tells the respondents of an open link apart; it is as secret as
// the address of a one-time link, which has none.
func LinkResponse(hash, key string) uuid.UUID {
	return uuid.NewSHA1(answered, []byte(hash+"/"+key))
}

// Receipt is a short code by which a respondent can show that the response came in: 40
// bits of its id and a letter that a slip of the pen doesn't pass.
func Receipt(id uuid.UUID) string {
	code := strings.ToUpper(letters.EncodeToString(id[:5]))
	return code[:4] + "-" + code[4:] + check(code)
}

// check is Luhn's sum over 32 letters: it finds every wrong letter and nearly every pair
// that changed places.
func check(code string) string {
	const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	sum, factor := 0, 2
	for i := len(code) - 1; i >= 0; i-- {
		n := strings.IndexByte(alphabet, code[i]) * factor
		sum, factor = sum+n/32+n%32, 3-factor
	}
	return string(alphabet[(32-sum%32)%32])
}

// ParseReceipt gives the first bytes of the id, as hex, that a receipt was made from; ok is
// false for what is mistyped.
func ParseReceipt(text string) (prefix string, ok bool) {
	if len(text) > 32 {
		return "", false
	}
	text = strings.NewReplacer("-", "", " ", "", "o", "0", "i", "1", "l", "1").Replace(strings.ToLower(strings.TrimSpace(text)))
	if len(text) != 9 || check(strings.ToUpper(text[:8])) != strings.ToUpper(text[8:]) {
		return "", false
	}
	raw, err := letters.DecodeString(text[:8])
	return hex.EncodeToString(raw), err == nil
}
