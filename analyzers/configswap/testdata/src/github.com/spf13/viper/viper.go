// Package viper has the shape of the library's functions that the model names.
package viper

type Viper struct{ values map[string]any }

func New() *Viper { return &Viper{} }

func (v *Viper) WatchConfig()                {}
func (v *Viper) GetString(key string) string { return "" }

func WatchConfig()                {}
func ReadInConfig() error         { return nil }
func OnConfigChange(run func())   {}
func GetString(key string) string { return "" }
