/// The one rate, in samples a second, at which every leg is screened and every index into it counts. It stands in the first room, since
/// reading, spectra and the judge all need it and do not know each other.
public enum ScreeningRate { public static let hertz = 16_000 }
