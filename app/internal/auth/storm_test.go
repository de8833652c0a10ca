package auth

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"shuixuan/app/problem"
)

// TestTenThousandAttempts lets a storm of sign-ins run against a known account and
// against names that nobody has, with the true cost of a password. Meanwhile people from
// elsewhere sign in, the trail stays short and memory bounded.
func TestTenThousandAttempts(t *testing.T) {
	a, _ := office(t)
	add(t, a, clerk("zhujian", "zhujianju"), good)
	a.argon = newArgon() // the true cost: 64 MiB and a tenth of a second
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	var wg sync.WaitGroup
	var refused, failed atomic.Int64
	var peak atomic.Uint64
	storm := make(chan int)
	for range 200 {
		wg.Go(func() {
			for i := range storm {
				login := "office"
				if i%2 == 0 {
					login = fmt.Sprintf("nobody-%d", i)
				}
				_, _, err := a.SignIn(t.Context(), login, "wrong", From{Address: "203.0.113.7"})
				switch kindOf(err) {
				case problem.KindUnavailable, problem.KindTooMany:
					refused.Add(1)
				case problem.KindUnauthenticated:
					failed.Add(1)
				default:
					t.Errorf("a storm's attempt was answered %v", err)
				}
			}
		})
	}
	signedIn := make(chan error)
	go func() { // somebody at another address, in the middle of it
		time.Sleep(200 * time.Millisecond)
		var err error
		for range 3 { // a slow machine may ask them to press the button again, as the page says
			if _, _, err = a.SignIn(t.Context(), "zhujian", good, From{Address: "198.51.100.4"}); kindOf(err) != problem.KindUnavailable {
				break
			}
		}
		var now runtime.MemStats
		runtime.ReadMemStats(&now)
		peak.Store(now.HeapInuse)
		signedIn <- err
	}()
	for i := range 10_000 {
		storm <- i
	}
	if err := <-signedIn; err != nil {
		t.Errorf("during the storm somebody else could not sign in: %v", err)
	}
	close(storm)
	wg.Wait()
	if refused.Load()+failed.Load() != 10_000 || refused.Load() < 9_000 {
		t.Errorf("%d were refused at once and %d had their password checked; most should not have cost a hash", refused.Load(), failed.Load())
	}
	if grown := int64(peak.Load()) - int64(before.HeapInuse); grown > 600<<20 {
		t.Errorf("the storm took %d MB", grown>>20)
	}
	count := verbs(t, a)
	if n := count["session.refuse"] + count["session.lock"]; n > 5+mostOfAccount+1+10*strangeAtOnce {
		t.Errorf("the storm left %d events", n)
	}
	if len(a.gate.addresses)+len(a.gate.accounts)+a.gate.inside != 0 {
		t.Errorf("the gate still holds %d", a.gate.inside)
	}
	t.Logf("%d refused at once, %d checked, heap %d MB at its height", refused.Load(), failed.Load(), peak.Load()>>20)
}
