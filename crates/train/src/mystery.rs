//! Exercises drawn at random, under random names and dates, so that answers cannot be copied.

use edge502_scenario::{Disguise, Scenario};

use crate::{Curriculum, Exercise, Seed, Track, TrainError};

/// Who might run a shop.
const OWNERS: [&str; 16] = [
    "harbour", "maple", "corner", "river", "sunny", "north", "little", "copper", "garden", "village", "amber",
    "lantern", "meadow", "silver", "willow", "stone",
];
/// What it might sell.
const GOODS: [&str; 16] = [
    "books", "tea", "bikes", "shoes", "maps", "toys", "lamps", "seeds", "bread", "pens", "clocks", "boats", "hats",
    "games", "music", "tools",
];

/// Any exercise, or any of one track. The same seed draws the same from the same scenarios.
pub fn draw(curriculum: &Curriculum<'_>, track: Option<Track>, seed: Seed) -> Result<Exercise, TrainError> {
    let count = curriculum.entries(track).count();
    if count == 0 {
        return Err(TrainError::Nothing);
    }
    let drawn = curriculum.entries(track).nth(seed.pick("exercise", count)).expect("there are as many as were counted");
    Ok(Exercise::new(disguised(drawn.scenario, seed)?, format!("mystery-{seed}"), seed))
}

/// A scenario under other names, with other dates.
pub fn disguised(scenario: &Scenario, seed: Seed) -> Result<Scenario, TrainError> {
    let owner = OWNERS[seed.pick("owner", OWNERS.len())];
    let goods = GOODS[seed.pick("goods", GOODS.len())];
    let percent = 70 + u32::try_from(seed.pick("dates", 71)).expect("it is less than 71");
    Ok(scenario.disguised(&Disguise { zone: format!("{owner}-{goods}.test"), percent })?)
}
