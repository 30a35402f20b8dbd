// Nogo is hotvet in Bazel: the program that rules_go's nogo rule builds. With Go
// alone it is built for tests, from the sources in rules_go that the rule takes,
// which are laid over this folder.
//
// # Use
//
// With Gazelle's go_deps and "go get github.com/hotvet/hotvet" each analyzer is a
// target. In BUILD.bazel at the root of the workspace:
//
//	load("@rules_go//go:def.bzl", "nogo")
//
//	nogo(
//	    name = "nogo",
//	    config = "nogo_config.json",
//	    visibility = ["//visibility:public"],
//	    deps = [
//	        "@com_github_hotvet_hotvet//analyzers/cgoexport",
//	        "@com_github_hotvet_hotvet//analyzers/configswap",
//	        "@com_github_hotvet_hotvet//analyzers/hotvetignore",
//	        "@com_github_hotvet_hotvet//analyzers/profilestop",
//	        "@com_github_hotvet_hotvet//analyzers/structcast",
//	    ],
//	)
//
// And in MODULE.bazel:
//
//	go_deps = use_extension("@gazelle//:extensions.bzl", "go_deps")
//	go_deps.from_file(go_mod = "//:go.mod")
//	use_repo(go_deps, "com_github_hotvet_hotvet")
//
//	go_sdk = use_extension("@rules_go//go:extensions.bzl", "go_sdk")
//	go_sdk.nogo(nogo = "//:nogo")
//
// The nogo_config.json of this folder is an example: it leaves out what others
// wrote. A finding fails the build, so leave out the analyzers of deps that
// should not.
//
// # What nogo shows
//
// nogo prints the analyzer of a finding, but neither its kind nor its other ends,
// and it puts fixes into a patch. The comment that suppresses is
// //nolint:profilestop, with the name of the analyzer and not hotvet's; the
// directive //hotvet:ignore NAME[/kind] reason works as everywhere.
package main
