package decision

// What a clause that matched did, in [Basis].
const (
	EffectPermits  = "permits"
	EffectObliges  = "obliges"
	EffectDefeated = "defeated"
	EffectExcepts  = "exception-applies"
)
