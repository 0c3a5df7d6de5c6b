// Package tally runs attempts of attack and counts what came of them: a deck
// of classes by weight, cut into blocks that each attack a fresh victim, so
// that a block can be run again by its number.
//
// What it gives is a bound, not a proof: with no act in n attempts, the upper
// end of the 95 % interval for the chance of one more attempt of the same mix
// is about 3/n.
package tally

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"time"
)

// Class is one way to attack. Weight is its share of the deck.
type Class struct {
	Name   string
	Weight int
}

// Kind is one attacker: its classes, and how a block of attempts is made.
type Kind struct {
	Name    string
	Classes []Class
	Block   int // attempts against one victim
	Idle    int // how many times more victims at a time than workers: they mostly wait
	// Run makes the block's attempts. An error is a fault of the rig, never an
	// act: what could not be tried is not counted as tried.
	Run func(ctx context.Context, b *Block) error
	// Done tidies up after the last block; it may be nil.
	Done func()
}

// Options of a run.
type Options struct {
	Attempts int
	Seed     uint64
	Workers  int       // blocks at a time
	Log      io.Writer // every attempt, one line; nil: nowhere
	Only     int       // run this block alone, from 1; 0: all
}

// Act is something that happened without the technician's yes.
type Act struct {
	Block   int    `json:"block"`
	Attempt int    `json:"attempt"`
	Class   string `json:"class"`
	What    string `json:"what"`
	Detail  string `json:"detail"`
}

// Block is a part of the deck and its random source.
type Block struct {
	Number  int // from 1
	Rand    *rand.Rand
	Classes []string // in the order they are to be tried

	mu      sync.Mutex
	current int
	tried   map[string]int
	acts    []Act
	live    map[string]int
	log     func(format string, args ...any)
}

// Log writes a line about the attempt under way.
func (b *Block) Log(format string, args ...any) {
	b.log("block %d: %s", b.Number, fmt.Sprintf(format, args...))
}

// Begin counts an attempt of the class whose turn it is.
func (b *Block) Begin(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.current = n
	b.tried[b.Classes[n]]++
	b.Log("attempt %d: %s", n+1, b.Classes[n])
}

// Act notes an unauthorised act. It may be called from any goroutine.
func (b *Block) Act(what, format string, args ...any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.acts) >= 50 {
		return // enough to see what is wrong
	}
	a := Act{Block: b.Number, Attempt: b.current + 1, What: what, Detail: fmt.Sprintf(format, args...)}
	if b.current < len(b.Classes) {
		a.Class = b.Classes[b.current]
	}
	b.acts = append(b.acts, a)
	b.Log("attempt %d: ACT %s: %s", a.Attempt, a.What, a.Detail)
}

// Live counts what happened with the technician's yes: without it, a rig in
// which nothing can happen would find nothing, too.
func (b *Block) Live(what string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.live[what]++
}

// Run makes all attempts of a kind.
func Run(ctx context.Context, k Kind, o Options) (*Report, error) {
	began := time.Now()
	deck := deal(k.Classes, o.Attempts, rand.New(rand.NewPCG(o.Seed, 0)))
	r := &Report{Kind: k.Name, Seed: o.Seed, Live: map[string]int{}}
	for _, c := range k.Classes {
		r.Classes = append(r.Classes, Row{Name: c.Name})
	}
	var log sync.Mutex
	write := func(format string, args ...any) {
		if o.Log == nil {
			return
		}
		log.Lock()
		defer log.Unlock()
		fmt.Fprintf(o.Log, "%9.3f s %s %s\n", time.Since(began).Seconds(), k.Name, fmt.Sprintf(format, args...))
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var (
		mu     sync.Mutex
		faults []error
		group  sync.WaitGroup
	)
	blocks := make(chan *Block)
	for range max(o.Workers, 1) * max(k.Idle, 1) {
		group.Go(func() {
			for b := range blocks {
				err := k.Run(ctx, b)
				mu.Lock()
				r.add(b)
				if err != nil && (ctx.Err() == nil || !errors.Is(err, context.Canceled)) {
					faults = append(faults, fmt.Errorf("%s: block %d, attempt %d (%s): %w", k.Name, b.Number, b.current+1, b.Classes[b.current], err))
					cancel()
				}
				mu.Unlock()
			}
		})
	}
	for n := 1; len(deck) > 0 && ctx.Err() == nil; n++ {
		size := min(k.Block, len(deck))
		b := &Block{
			Number: n, Rand: rand.New(&shared{PCG: rand.NewPCG(o.Seed, uint64(n))}), Classes: deck[:size],
			log: write, tried: map[string]int{}, live: map[string]int{},
		}
		deck = deck[size:]
		if o.Only == 0 || o.Only == n {
			select {
			case blocks <- b:
			case <-ctx.Done():
			}
		}
	}
	close(blocks)
	group.Wait()
	if k.Done != nil {
		k.Done()
	}
	r.finish(time.Since(began))
	return r, errors.Join(faults...)
}

// deal makes the deck: each class by its weight and at least once, shuffled.
func deal(classes []Class, n int, r *rand.Rand) []string {
	total := 0
	for _, c := range classes {
		total += c.Weight
	}
	deck := make([]string, 0, n+len(classes))
	for _, c := range classes {
		for range max(1, n*c.Weight/total) {
			deck = append(deck, c.Name)
		}
	}
	for len(deck) < n { // what rounding left over
		at := r.IntN(total)
		for _, c := range classes {
			if at -= c.Weight; at < 0 {
				deck = append(deck, c.Name)
				break
			}
		}
	}
	r.Shuffle(len(deck), func(i, j int) { deck[i], deck[j] = deck[j], deck[i] })
	return deck
}

// shared lets the goroutines of one block draw from one source: what carries
// bytes goes on while the next attempt is thought up.
type shared struct {
	mu sync.Mutex
	*rand.PCG
}

// Uint64 implements rand.Source.
func (s *shared) Uint64() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.PCG.Uint64()
}
