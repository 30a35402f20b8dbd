// Package service accesses its limits in the ways that the package access tells
// apart.
package service

import "sync"

type Service struct {
	mu     sync.RWMutex
	once   sync.Once
	limits map[string]int
}

func New() *Service {
	s := &Service{}
	s.limits = make(map[string]int) // want `replace setup must= may=`
	s.fill()
	return s
}

// fill runs before anybody has the object.
func (s *Service) fill() {
	s.limits["a"] = 1 // want `inplace setup must= may=`
}

type Option func(*Service)

func With(values map[string]int) Option {
	return func(s *Service) {
		s.limits = values // want `replace setup must= may=`
	}
}

func (s *Service) Replace(limits map[string]int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limits = limits // want `replace must=mu may=mu`
}

func (s *Service) Get(key string) int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.get(key)
}

// get is called with the lock held.
func (s *Service) get(key string) int {
	return s.limits[key] // want `read must=mu\(shared\) may=mu\(shared\)`
}

func (s *Service) Early(key string) int {
	limits := s.limits // want `read must= may=`
	s.mu.RLock()
	defer s.mu.RUnlock()
	return limits[key]
}

func (s *Service) Late(key string) int {
	s.mu.Lock()
	s.mu.Unlock()
	return s.limits[key] // want `read must= may=`
}

func (s *Service) Sometimes(key string, lock bool) int {
	if lock {
		s.mu.Lock()
		defer s.mu.Unlock()
	}
	return s.limits[key] // want `read must= may=mu`
}

func (s *Service) acquire() { s.mu.Lock() }
func (s *Service) release() { s.mu.Unlock() }

func (s *Service) Helped(key string) {
	s.acquire()
	defer s.release()
	delete(s.limits, key) // want `inplace must=mu may=mu`
}

func (s *Service) guarded(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

func (s *Service) InLiteral(key string) {
	s.guarded(func() {
		s.limits[key]++ // want `inplace must=mu may=mu`
	})
}

func (s *Service) Once(values map[string]int) {
	s.once.Do(func() {
		s.limits = values // want `replace once must= may=`
	})
}

func (s *Service) Background() {
	s.mu.Lock()
	defer s.mu.Unlock()
	go func() {
		s.limits = nil // want `replace must= may=`
	}()
}
