//! Where something is on the map.

/// The county and what lies around it; a point elsewhere is a mistake.
const LATITUDES: std::ops::RangeInclusive<f64> = -90.0..=90.0;
const LONGITUDES: std::ops::RangeInclusive<f64> = -180.0..=180.0;
/// Of one degree of latitude.
const METRES: f64 = 111_320.0;

/// In decimal degrees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    pub lat: f64,
    pub long: f64,
}

impl Point {
    /// `None`: these are no decimal degrees.
    pub fn read(lat: &str, long: &str) -> Option<Self> {
        let (lat, long) = (lat.trim().parse().ok()?, long.trim().parse().ok()?);
        (LATITUDES.contains(&lat) && LONGITUDES.contains(&long)).then_some(Self { lat, long })
    }

    /// As on a flat map, which is right to a few metres within a county.
    pub fn metres_to(self, other: Self) -> f64 {
        let width = ((self.lat + other.lat) / 2.0).to_radians().cos();
        let (north, east) = (self.lat - other.lat, (self.long - other.long) * width);
        north.hypot(east) * METRES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn degrees_are_read_and_a_distance_is_one() {
        let here = Point::read("39.4300", " 118.9000 ").unwrap();
        let north = Point::read("39.4400", "118.9000").unwrap();
        let east = Point::read("39.4300", "118.9100").unwrap();
        assert!((here.metres_to(north) - 1_113.0).abs() < 5.0);
        assert!((here.metres_to(east) - 860.0).abs() < 5.0);
        for (lat, long) in [("", "118.9"), ("39.4", "x"), ("91", "118.9"), ("39.4", "NaN")] {
            assert_eq!(Point::read(lat, long), None, "{lat} {long}");
        }
    }
}
