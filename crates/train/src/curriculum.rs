//! All exercises in the order in which they are best taken.

use std::collections::BTreeMap;

use edge502_scenario::{Level, Library, Scenario};

use crate::{Exercise, Seed, Track, TrainError};

/// One exercise in the curriculum, before it is opened.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// The track.
    pub track: Track,
    /// The place in the track, from 1.
    pub place: usize,
    /// The scenario behind it. Id and title give the answer away.
    pub scenario: &'a Scenario,
}

impl Entry<'_> {
    /// The name, which gives nothing away, such as `certificates-07`.
    pub fn name(&self) -> String {
        format!("{}-{:02}", self.track, self.place)
    }

    /// How hard it is.
    pub const fn level(&self) -> Level {
        self.scenario.level
    }

    /// The exercise; `seed` decides the order of what there is to choose from.
    pub fn open(&self, seed: Seed) -> Exercise {
        Exercise::new(self.scenario.clone(), self.name(), seed)
    }
}

/// Every scenario of a library as an exercise, track by track, from starter to expert.
#[derive(Debug, Clone)]
pub struct Curriculum<'a> {
    entries: Vec<Entry<'a>>,
}

impl<'a> Curriculum<'a> {
    /// The curriculum of `library`. The names follow from the order, so they may change when scenarios are added; what
    /// is to last refers to the scenarios' ids.
    pub fn new(library: &'a Library) -> Self {
        let mut scenarios: Vec<&Scenario> = library.iter().collect();
        scenarios.sort_by_key(|scenario| (Track::of(scenario), scenario.level, &scenario.id));
        let mut places: BTreeMap<Track, usize> = BTreeMap::new();
        let entry = |scenario| {
            let track = Track::of(scenario);
            let place = places.entry(track).or_default();
            *place += 1;
            Entry { track, place: *place, scenario }
        };
        Self { entries: scenarios.into_iter().map(entry).collect() }
    }

    /// All exercises, or those of one track.
    pub fn entries(&self, track: Option<Track>) -> impl Iterator<Item = Entry<'a>> + Clone {
        self.entries.iter().copied().filter(move |entry| track.is_none_or(|track| track == entry.track))
    }

    /// The exercise with this name (`certificates-07`), or of the scenario with this id (`certificate/expired`).
    pub fn find(&self, name: &str) -> Result<Entry<'a>, TrainError> {
        let found = self.entries.iter().find(|entry| entry.scenario.id == name || entry.name() == name);
        found.copied().ok_or_else(|| {
            let names: Vec<String> = self.entries.iter().map(Entry::name).collect();
            let ids = self.entries.iter().map(|entry| entry.scenario.id.as_str());
            TrainError::word("exercise", name, ids.chain(names.iter().map(String::as_str)))
        })
    }
}
