module amcheck

go 1.26.0

require (
	alertmanager.example/old v0.25.0
	github.com/prometheus/alertmanager v0.35.0
)

// Windows are asked of the oldest supported release as well. Its package stands alone, so both fit in one program.
replace alertmanager.example/old => github.com/prometheus/alertmanager v0.25.0
