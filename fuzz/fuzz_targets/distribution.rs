//! Whatever stands in a file with distributions: JSON of the API, CloudFormation in JSON and YAML, Terraform plans.
#![no_main]

use edge502_check::{CheckError, source};
use edge502_rules::distribution::Distribution;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(parsed) = Distribution::from_json(text) {
        for behavior in parsed.distribution.all_behaviors() {
            assert!(parsed.distribution.target(behavior).is_some(), "targets are checked");
        }
    }
    match source::read(text) {
        Ok(sources) => {
            for source in sources {
                assert!(source.settings.iter().all(|setting| !setting.to_string().is_empty()));
                for (name, target) in source.targets(None) {
                    assert!(!name.is_empty());
                    match target {
                        Ok(target) => assert!(target.port() > 0),
                        Err(error) => assert!(matches!(error, CheckError::Hidden { .. }), "{error}"),
                    }
                }
            }
        }
        Err(error) => assert!(error.to_string().len() > 10),
    }
    let _ = source::one(text, None);
});
