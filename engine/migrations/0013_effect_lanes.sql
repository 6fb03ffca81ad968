-- Effects of one kind and target are read in their order, whatever others there are.
create index effects_lane on engine.effects (kind, target, before_id);

drop index engine.effects_order;
drop index engine.effects_admit;
