package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"

	"shuixuan/app/problem"
)

// argon is the cost of a password: RFC 9106's second choice (64 MiB, three passes).
// About 0.1 s on an office server. At most two are computed at once, so that a storm
// of sign-ins takes 128 MiB and not all memory.
type argon struct {
	memory  uint32 // KiB
	passes  uint32
	threads uint8
	turn    chan struct{}
}

func newArgon() argon {
	return argon{memory: 64 * 1024, passes: 3, threads: 2, turn: make(chan struct{}, 2)}
}

// key computes under a turn; a caller that leaves stops waiting.
func (a argon) key(ctx context.Context, password string, salt []byte, memory, passes uint32, threads uint8, length uint32) ([]byte, error) {
	select {
	case a.turn <- struct{}{}:
		defer func() { <-a.turn }()
		return argon2.IDKey([]byte(password), salt, passes, memory, threads, length), nil
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for a turn to check a password: %w", ctx.Err())
	}
}

// hash gives a password in the PHC string format.
func (a argon) hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, 16)
	rand.Read(salt)
	key, err := a.key(ctx, password, salt, a.memory, a.passes, a.threads, 32)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, a.memory, a.passes, a.threads,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(key)), nil
}

// matches compares a password with a hash. An empty hash (nobody of that name) costs the
// same time and matches nothing.
func (a argon) matches(ctx context.Context, password, phc string) (bool, error) {
	if len(password) > 4*maxPassword { // no password of ours is so long; the hash would read all of it
		password, phc = "", ""
	}
	if phc == "" {
		_, err := a.key(ctx, password, make([]byte, 16), a.memory, a.passes, a.threads, 32)
		return false, err
	}
	var version int
	var memory, passes uint32
	var threads uint8
	parts := strings.Split(phc, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false, fmt.Errorf("stored password hash has an unknown form")
	}
	if _, err := fmt.Sscanf(parts[2], "v=%d", &version); err != nil || version != argon2.Version {
		return false, fmt.Errorf("stored password hash has version %q", parts[2])
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &memory, &passes, &threads); err != nil {
		return false, fmt.Errorf("stored password hash has cost %q: %w", parts[3], err)
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return false, fmt.Errorf("stored password hash: %w", err)
	}
	want, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil {
		return false, fmt.Errorf("stored password hash: %w", err)
	}
	got, err := a.key(ctx, password, salt, memory, passes, threads, uint32(len(want)))
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(got, want) == 1, nil
}

// maxPassword is in characters. A password is no place to keep a book.
const maxPassword = 128

// checkPassword refuses what is too easy to guess. Length is asked for, not kinds of
// characters: those make people write passwords on paper.
func (s Settings) checkPassword(login, password string) error {
	n := len([]rune(password))
	switch {
	case n < s.Shortest:
		return problem.Invalid("密码太短", fmt.Sprintf("密码至少%d个字符，可以用几个词连起来，好记也安全。", s.Shortest))
	case n > maxPassword:
		return problem.Invalid("密码太长", fmt.Sprintf("密码最多%d个字符。", maxPassword))
	case strings.Contains(strings.ToLower(password), strings.ToLower(login)):
		return problem.Invalid("密码里不能含有用户名", "请换一个别人猜不到的密码。")
	case len(distinct(password)) < 4:
		return problem.Invalid("密码太简单", "请不要用同一个字符重复，换一个别人猜不到的密码。")
	case common[strings.ToLower(password)]:
		return problem.Invalid("这个密码太常见", "它在人人都会先试的密码单上，请换一个别人猜不到的密码。")
	}
	return nil
}

// common are passwords of eight characters and more that head the lists of what was
// leaked, and the ones of this place. They are few: what stops guessing is the lock.
var common = map[string]bool{
	"password": true, "password1": true, "passw0rd": true, "p@ssw0rd": true, "12345678": true, "123456789": true, "1234567890": true,
	"87654321": true, "11223344": true, "1q2w3e4r": true, "1qaz2wsx": true, "qwertyui": true, "qwertyuiop": true, "qwerty123": true,
	"abc12345": true, "abcd1234": true, "a1234567": true, "a12345678": true, "asdfghjk": true, "asdfghjkl": true, "zxcvbnm1": true,
	"iloveyou": true, "woaini1314": true, "5201314520": true, "woaini520": true, "admin123": true, "admin888": true, "administrator": true,
	"shuixuan": true, "shuixuan123": true, "feicheng": true, "feicheng123": true, "271600000": true,
}

func distinct(s string) map[rune]bool {
	seen := map[rune]bool{}
	for _, r := range s {
		seen[r] = true
	}
	return seen
}

// letters of random passwords: none that is mistaken for another on paper.
const letters = "abcdefghjkmnpqrstuvwxyz23456789"

// RandomPassword gives a password of 79 bits that can be read out over the phone.
func RandomPassword() string {
	var b strings.Builder
	for b.Len() < 19 {
		if b.Len()%5 == 4 {
			b.WriteByte('-')
			continue
		}
		b.WriteByte(letters[randomBelow(len(letters))])
	}
	return b.String()
}

// randomBelow gives a number below n without favouring the small ones.
func randomBelow(n int) int {
	limit := 256 - 256%n
	for {
		var one [1]byte
		rand.Read(one[:])
		if int(one[0]) < limit {
			return int(one[0]) % n
		}
	}
}
