<?xml version="1.0" encoding="UTF-8"?>
<tileset version="1.10" tiledversion="1.10.2" name="people" tilewidth="16" tileheight="24" tilecount="72" columns="12">
 <tileoffset x="0" y="-5"/>
 <image source="people.png" width="192" height="144"/>
 <tile id="0" type="Player">
  <properties>
   <property name="facing" value="down"/>
  </properties>
  <animation>
   <frame tileid="0" duration="700"/>
   <frame tileid="1" duration="700"/>
  </animation>
 </tile>
 <tile id="2" type="Player">
  <properties>
   <property name="facing" value="down"/>
   <property name="look" value="walk"/>
  </properties>
  <animation>
   <frame tileid="2" duration="120"/>
   <frame tileid="3" duration="120"/>
   <frame tileid="4" duration="120"/>
   <frame tileid="5" duration="120"/>
  </animation>
 </tile>
 <tile id="6" type="Player">
  <properties>
   <property name="facing" value="right"/>
  </properties>
  <animation>
   <frame tileid="6" duration="700"/>
   <frame tileid="7" duration="700"/>
  </animation>
 </tile>
 <tile id="8" type="Player">
  <properties>
   <property name="facing" value="right"/>
   <property name="look" value="walk"/>
  </properties>
  <animation>
   <frame tileid="8" duration="120"/>
   <frame tileid="9" duration="120"/>
   <frame tileid="10" duration="120"/>
   <frame tileid="11" duration="120"/>
  </animation>
 </tile>
 <tile id="12" type="Player">
  <properties>
   <property name="facing" value="left"/>
  </properties>
  <animation>
   <frame tileid="12" duration="700"/>
   <frame tileid="13" duration="700"/>
  </animation>
 </tile>
 <tile id="14" type="Player">
  <properties>
   <property name="facing" value="left"/>
   <property name="look" value="walk"/>
  </properties>
  <animation>
   <frame tileid="14" duration="120"/>
   <frame tileid="15" duration="120"/>
   <frame tileid="16" duration="120"/>
   <frame tileid="17" duration="120"/>
  </animation>
 </tile>
 <tile id="18" type="Player">
  <properties>
   <property name="facing" value="up"/>
  </properties>
  <animation>
   <frame tileid="18" duration="700"/>
   <frame tileid="19" duration="700"/>
  </animation>
 </tile>
 <tile id="20" type="Player">
  <properties>
   <property name="facing" value="up"/>
   <property name="look" value="walk"/>
  </properties>
  <animation>
   <frame tileid="20" duration="120"/>
   <frame tileid="21" duration="120"/>
   <frame tileid="22" duration="120"/>
   <frame tileid="23" duration="120"/>
  </animation>
 </tile>
 <tile id="24" type="Guard">
  <properties>
   <property name="facing" value="down"/>
  </properties>
  <animation>
   <frame tileid="24" duration="700"/>
   <frame tileid="25" duration="700"/>
  </animation>
 </tile>
 <tile id="26" type="Guard">
  <properties>
   <property name="facing" value="down"/>
   <property name="look" value="walk"/>
  </properties>
  <animation>
   <frame tileid="26" duration="120"/>
   <frame tileid="27" duration="120"/>
   <frame tileid="28" duration="120"/>
   <frame tileid="29" duration="120"/>
  </animation>
 </tile>
 <tile id="30" type="Guard">
  <properties>
   <property name="facing" value="right"/>
  </properties>
  <animation>
   <frame tileid="30" duration="700"/>
   <frame tileid="31" duration="700"/>
  </animation>
 </tile>
 <tile id="32" type="Guard">
  <properties>
   <property name="facing" value="right"/>
   <property name="look" value="walk"/>
  </properties>
  <animation>
   <frame tileid="32" duration="120"/>
   <frame tileid="33" duration="120"/>
   <frame tileid="34" duration="120"/>
   <frame tileid="35" duration="120"/>
  </animation>
 </tile>
 <tile id="36" type="Guard">
  <properties>
   <property name="facing" value="left"/>
  </properties>
  <animation>
   <frame tileid="36" duration="700"/>
   <frame tileid="37" duration="700"/>
  </animation>
 </tile>
 <tile id="38" type="Guard">
  <properties>
   <property name="facing" value="left"/>
   <property name="look" value="walk"/>
  </properties>
  <animation>
   <frame tileid="38" duration="120"/>
   <frame tileid="39" duration="120"/>
   <frame tileid="40" duration="120"/>
   <frame tileid="41" duration="120"/>
  </animation>
 </tile>
 <tile id="42" type="Guard">
  <properties>
   <property name="facing" value="up"/>
  </properties>
  <animation>
   <frame tileid="42" duration="700"/>
   <frame tileid="43" duration="700"/>
  </animation>
 </tile>
 <tile id="44" type="Guard">
  <properties>
   <property name="facing" value="up"/>
   <property name="look" value="walk"/>
  </properties>
  <animation>
   <frame tileid="44" duration="120"/>
   <frame tileid="45" duration="120"/>
   <frame tileid="46" duration="120"/>
   <frame tileid="47" duration="120"/>
  </animation>
 </tile>
 <tile id="48" type="Cook">
  <properties>
   <property name="facing" value="down"/>
  </properties>
  <animation>
   <frame tileid="48" duration="700"/>
   <frame tileid="49" duration="700"/>
  </animation>
 </tile>
 <tile id="50" type="Cook">
  <properties>
   <property name="facing" value="down"/>
   <property name="look" value="walk"/>
  </properties>
  <animation>
   <frame tileid="50" duration="120"/>
   <frame tileid="51" duration="120"/>
   <frame tileid="52" duration="120"/>
   <frame tileid="53" duration="120"/>
  </animation>
 </tile>
 <tile id="54" type="Cook">
  <properties>
   <property name="facing" value="right"/>
  </properties>
  <animation>
   <frame tileid="54" duration="700"/>
   <frame tileid="55" duration="700"/>
  </animation>
 </tile>
 <tile id="56" type="Cook">
  <properties>
   <property name="facing" value="right"/>
   <property name="look" value="walk"/>
  </properties>
  <animation>
   <frame tileid="56" duration="120"/>
   <frame tileid="57" duration="120"/>
   <frame tileid="58" duration="120"/>
   <frame tileid="59" duration="120"/>
  </animation>
 </tile>
 <tile id="60" type="Cook">
  <properties>
   <property name="facing" value="left"/>
  </properties>
  <animation>
   <frame tileid="60" duration="700"/>
   <frame tileid="61" duration="700"/>
  </animation>
 </tile>
 <tile id="62" type="Cook">
  <properties>
   <property name="facing" value="left"/>
   <property name="look" value="walk"/>
  </properties>
  <animation>
   <frame tileid="62" duration="120"/>
   <frame tileid="63" duration="120"/>
   <frame tileid="64" duration="120"/>
   <frame tileid="65" duration="120"/>
  </animation>
 </tile>
 <tile id="66" type="Cook">
  <properties>
   <property name="facing" value="up"/>
  </properties>
  <animation>
   <frame tileid="66" duration="700"/>
   <frame tileid="67" duration="700"/>
  </animation>
 </tile>
 <tile id="68" type="Cook">
  <properties>
   <property name="facing" value="up"/>
   <property name="look" value="walk"/>
  </properties>
  <animation>
   <frame tileid="68" duration="120"/>
   <frame tileid="69" duration="120"/>
   <frame tileid="70" duration="120"/>
   <frame tileid="71" duration="120"/>
  </animation>
 </tile>
</tileset>
