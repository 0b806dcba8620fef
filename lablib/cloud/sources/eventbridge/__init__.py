"""EventBridge: events on default and custom buses, the rules that they match, and the rules' targets.

moto keeps buses, rules, targets and archives (`lablib.cloud.moto_seam.buses`); what happens with an event is here.

`entries`     what PutEvents takes, and the events that its entries become
`bus`         which rules an event matches
`inputs`      what a target gets of it; `paths` are the JSON paths in that
`targets`     each kind of target, as EventBridge sends to it
`delivering`  attempts, retries and dead letters
`checks`      what PutRule, PutTargets and TestEventPattern refuse; `desk` what the service model does
"""
